// Every word the page shows, in both languages. `{name}` is filled in by `t`.
import { read, write } from "./storage.js";

const WORDS = {
  en: {
    connecting: "Connecting…",
    online: "Online",
    offline: "Offline – trying again",
    gone: "Not available",
    newChat: "New chat",
    memory: "Memory",
    memoryLabel: "What do you remember about me?",
    language: "中文",
    languageLabel: "切换到中文",
    toDark: "Dark mode",
    toLight: "Light mode",
    close: "Close",
    write: "Message {name}",
    send: "Send",
    stop: "Stop answering",
    toEnd: "To the latest message",
    typing: "{name} is writing",
    you: "You",
    sending: "Sending…",
    waiting: "Waiting for the connection",
    failed: "Not sent",
    retry: "Try again",
    discard: "Delete",
    copy: "Copy",
    copied: "Copied",
    save: "Save the file",
    today: "Today",
    yesterday: "Yesterday",
    greeting: "Hello, I am {name}",
    description: "I remember what you tell me, also in the next conversation.",
    suggestions: [["What can you do?", "/help"], ["My sister lives in Chengdu"], ["What do you remember about me?", "/memory"]],
    demo: "Small demonstration model, English only.",
    connect: "Connect a better one",
    connectOne: "Connect one",
    noModel: "No language model is connected: answers come from memory and commands.",
    model: "{name} can make mistakes. Model: {model}",
    stopped: "Stopped",
    memoryTitle: "What I remember about you",
    memoryIntro: "What was said between us. It helps me to answer you; you decide what stays.",
    memoryEmpty: "Nothing yet. Tell me something about yourself.",
    memoryError: "The list could not be loaded.",
    forget: "Forget this",
    forgetAll: "Forget everything",
    forgetSure: "Forget everything about you? This cannot be undone.",
    cancel: "Cancel",
    more: "Show more",
    loading: "Loading…",
    times: "said {count} times",
  },
  zh: {
    connecting: "正在连接…",
    online: "在线",
    offline: "已断开，正在重试",
    gone: "暂不可用",
    newChat: "新对话",
    memory: "记忆",
    memoryLabel: "你记得我什么？",
    language: "EN",
    languageLabel: "Switch to English",
    toDark: "深色模式",
    toLight: "浅色模式",
    close: "关闭",
    write: "给{name}发消息",
    send: "发送",
    stop: "停止回答",
    toEnd: "回到最新消息",
    typing: "{name}正在输入",
    you: "你",
    sending: "发送中…",
    waiting: "等待网络连接",
    failed: "未发送",
    retry: "重试",
    discard: "删除",
    copy: "复制",
    copied: "已复制",
    save: "保存文件",
    today: "今天",
    yesterday: "昨天",
    greeting: "你好，我是{name}",
    description: "你告诉我的事，我会记得，下次对话也一样。",
    suggestions: [["你能做什么？", "/帮助"], ["我姐姐住在成都"], ["你记得我什么？", "/记忆"]],
    demo: "内置的小型演示模型，仅支持英文。",
    connect: "连接更好的模型",
    connectOne: "去连接",
    noModel: "尚未连接语言模型：回答来自记忆与命令。",
    model: "{name}可能会出错。模型：{model}",
    stopped: "已停止",
    memoryTitle: "我记得关于你的事",
    memoryIntro: "这是我们说过的话，帮助我更好地回答你。留下什么，由你决定。",
    memoryEmpty: "还没有。跟我说说你自己吧。",
    memoryError: "列表加载失败。",
    forget: "忘记这条",
    forgetAll: "忘记全部",
    forgetSure: "确定忘记关于你的一切吗？此操作无法撤销。",
    cancel: "取消",
    more: "显示更多",
    loading: "加载中…",
    times: "说过 {count} 次",
  },
};

function first() {
  const asked = new URLSearchParams(location.search).get("lang") || read("clawdbot:lang") || navigator.language || "en";
  return asked.toLowerCase().startsWith("zh") ? "zh" : "en";
}

let current = first();

export const language = () => current;
export const locale = () => (current === "zh" ? "zh-CN" : navigator.language.startsWith("en") ? navigator.language : "en-GB");

export function setLanguage(value) {
  current = value;
  write("clawdbot:lang", value);
}

export function t(key, values = {}) {
  const text = WORDS[current][key];
  return typeof text === "string" ? text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole) : text;
}
