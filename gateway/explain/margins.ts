/**
 * Marks that stand in front of each line of a text, where it was quoted or framed: `> ` in Markdown and mail, `│ ` around the
 * errors of Terraform.
 */

const marks = '>│┃╷╵|';
const depthMax = 8;

/** The text with blanks in place of these marks: of the same length, so that its places stay what they are. */
export function withoutMargins(text: string): string {
  const pieces: string[] = [];
  let copied = 0;
  for (let line = 0; line < text.length; ) {
    let at = line;
    for (let depth = 0; depth < depthMax; depth += 1) {
      const mark = afterBlanks(text, at);
      if (!isMargin(text, mark)) break;
      pieces.push(text.slice(copied, mark), ' ');
      copied = mark + 1;
      at = copied;
    }
    const end = text.indexOf('\n', line);
    line = end < 0 ? text.length : end + 1;
  }
  return pieces.length === 0 ? text : `${pieces.join('')}${text.slice(copied)}`;
}

/** A mark, and then a blank, another mark or the end of the line. */
function isMargin(text: string, at: number): boolean {
  const mark = text.charAt(at);
  if (mark === '' || !marks.includes(mark)) return false;
  const next = text.charAt(at + 1);
  return next === '' || ' \n\r>'.includes(next);
}

function afterBlanks(text: string, at: number): number {
  let end = at;
  while (text.charAt(end) === ' ' || text.charAt(end) === '\t') end += 1;
  return end;
}
