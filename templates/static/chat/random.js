// Random identifiers. Not randomUUID, which exists in secure contexts only: http://192.168.… in a local network is not one.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
