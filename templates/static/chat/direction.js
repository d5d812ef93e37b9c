// Direction of text by its own first letter: Arabic and Hebrew run from right to left inside a page that does not.
const BLOCKS = "p, h1, h2, h3, h4, h5, h6, ul, ol, blockquote, table";
const OUTER = "ul, ol, blockquote, table";

// Sets the direction of each outermost block; what is inside a list, quotation or table follows it.
export function direct(body) {
  for (const block of body.querySelectorAll(BLOCKS)) if (!block.parentElement.closest(OUTER)) block.dir = "auto";
  return body;
}
