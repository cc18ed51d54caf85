// Renders Markdown as nodes. Text only ever becomes text nodes, so that nothing in it can run.

const INLINE = /(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)|\*\*([\s\S]+?)\*\*|__([\s\S]+?)__|\*([^\s*](?:[^*]*[^\s*])?)\*|\[([^\]]+)\]\(([^\s)]+)\)|<?(https?:\/\/[^\s<>]+[^\s<>.,;:!?)'"\]])>?/;
const LINK = /^(https?:|mailto:)/i;

function element(name, ...children) {
  const node = document.createElement(name);
  node.append(...children);
  return node;
}

function link(target, ...children) {
  if (!LINK.test(target)) {
    return children;
  }
  const node = element("a", ...children);
  node.href = target;
  node.rel = "noopener noreferrer";
  node.target = "_blank";
  return [node];
}

function inline(text) {
  const nodes = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    nodes.push(rest.slice(0, match.index));
    const [whole, , code, bold, strong, italic, label, target, url] = match;
    if (code !== undefined) {
      nodes.push(element("code", code));
    } else if (bold !== undefined || strong !== undefined) {
      nodes.push(element("strong", ...inline(bold ?? strong)));
    } else if (italic !== undefined) {
      nodes.push(element("em", ...inline(italic)));
    } else if (target !== undefined) {
      nodes.push(...link(target, ...inline(label)));
    } else {
      nodes.push(...link(url, url));
    }
    rest = rest.slice(match.index + whole.length);
  }
  nodes.push(rest);
  return nodes;
}

function lines(texts) {
  return texts.flatMap((text, i) => (i === 0 ? inline(text) : [element("br"), ...inline(text)]));
}

const FENCE = /^\s*(```+|~~~+)\s*([\w+-]*)/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const QUOTE = /^\s*>\s?(.*)$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

function cells(line) {
  return line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
}

function startsBlock(line) {
  return FENCE.test(line) || HEADING.test(line) || ITEM.test(line) || QUOTE.test(line) || RULE.test(line);
}

class Reader {
  constructor(text) {
    this.lines = text.split("\n");
    this.next = 0;
  }

  get line() {
    return this.lines[this.next];
  }

  while(condition) {
    const taken = [];
    while (this.next < this.lines.length && condition(this.line)) {
      taken.push(this.lines[this.next++]);
    }
    return taken;
  }

  code() {
    const fence = FENCE.exec(this.lines[this.next++])[1];
    const body = this.while((line) => !line.trim().startsWith(fence));
    this.next++;
    return element("pre", element("code", body.join("\n")));
  }

  list() {
    const first = ITEM.exec(this.line);
    const ordered = /\d/.test(first[2]);
    const list = element(ordered ? "ol" : "ul");
    if (ordered) {
      list.start = Number.parseInt(first[2], 10);
    }
    for (;;) {
      const item = this.next < this.lines.length ? ITEM.exec(this.line) : null;
      if (!item || /\d/.test(item[2]) !== ordered || item[1].length < first[1].length) {
        return list;
      }
      this.next++;
      const inner = this.while((line) => {
        const other = ITEM.exec(line);
        return other ? other[1].length > item[1].length : line.trim() !== "" && /^\s/.test(line);
      });
      const indent = Math.min(...inner.filter((l) => l.trim()).map((l) => l.search(/\S/)), 99);
      const text = [item[3], ...inner.map((line) => line.slice(Math.min(indent, line.length)))];
      list.append(element("li", ...blocks(text.join("\n"), true)));
      this.while((line) => line.trim() === "" && ITEM.test(this.lines[this.next + 1] ?? ""));
    }
  }

  table() {
    const head = element("tr", ...cells(this.line).map((cell) => element("th", ...inline(cell))));
    this.next += 2;
    const rows = this.while((line) => line.includes("|"));
    const body = rows.map((row) => element("tr", ...cells(row).map((c) => element("td", ...inline(c)))));
    return element("table", element("thead", head), element("tbody", ...body));
  }

  block(tight) {
    const line = this.line;
    if (FENCE.test(line)) {
      return [this.code()];
    }
    const heading = HEADING.exec(line);
    if (heading) {
      this.next++;
      return [element(`h${Math.min(6, heading[1].length + 1)}`, ...inline(heading[2]))];
    }
    if (RULE.test(line)) {
      this.next++;
      return [element("hr")];
    }
    if (ITEM.test(line)) {
      return [this.list()];
    }
    if (QUOTE.test(line)) {
      const quoted = this.while((l) => QUOTE.test(l)).map((l) => QUOTE.exec(l)[1]);
      return [element("blockquote", ...blocks(quoted.join("\n"), false))];
    }
    if (line.includes("|") && TABLE_RULE.test(this.lines[this.next + 1] ?? "")) {
      return [this.table()];
    }
    const text = [this.lines[this.next++], ...this.while((l) => l.trim() !== "" && !startsBlock(l))];
    return tight ? lines(text) : [element("p", ...lines(text))];
  }
}

function blocks(text, tight) {
  const reader = new Reader(text);
  const nodes = [];
  while (reader.next < reader.lines.length) {
    if (reader.line.trim() === "") {
      reader.next++;
    } else {
      nodes.push(...reader.block(tight));
    }
  }
  return nodes;
}

/** Returns the nodes of a Markdown text. */
export function render(text) {
  return blocks(text, false);
}
