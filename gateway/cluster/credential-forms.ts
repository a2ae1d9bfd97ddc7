/**
 * Credentials that are known by their looks, wherever they stand: those with a published prefix, JWTs, keys of fixed length.
 *
 * Each search is for a fixed prefix, and what follows is read once, so the work grows with the length of the text alone.
 *
 * @see https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
 * @see https://docs.gitlab.com/security/tokens/#token-prefixes
 * @see https://www.rfc-editor.org/rfc/rfc7519#section-3
 */

/** A part of a text, and which kind of credential stands there. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
}

const upperDigits = /[A-Z0-9]*/y;
const word = /[A-Za-z0-9_]*/y;
const base64Url = /[A-Za-z0-9_-]*/y;
const dotted = /[A-Za-z0-9_.-]*/y;
const hex = /[0-9a-f]*/y;
const base64 = /[A-Za-z0-9+/=]*/y;
const pathOf = /[A-Za-z0-9_/-]*/y;

interface Form {
  readonly prefixes: readonly string[];
  /** Of which characters the rest consists, and of how many at least. */
  readonly rest: RegExp;
  readonly restMin: number;
  readonly kind: string;
  /** Only where nothing that belongs to a word stands in front. */
  readonly apart?: true;
}

const forms: readonly Form[] = [
  { prefixes: ['AKIA', 'ASIA', 'ABIA', 'ACCA'], rest: upperDigits, restMin: 16, kind: 'AWS access key' },
  { prefixes: ['AIza'], rest: base64Url, restMin: 30, kind: 'Google API key' },
  { prefixes: ['ya29.', 'GOCSPX-', '1//0'], rest: dotted, restMin: 20, kind: 'Google credential' },
  { prefixes: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], rest: word, restMin: 20, kind: 'GitHub token' },
  { prefixes: ['github_pat_'], rest: word, restMin: 20, kind: 'GitHub token' },
  {
    prefixes: ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glimt-', 'glagent-', 'glsoat-', 'gloas-'],
    rest: dotted,
    restMin: 16,
    kind: 'GitLab token',
  },
  {
    prefixes: ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxe-', 'xoxe.', 'xapp-'],
    rest: dotted,
    restMin: 10,
    kind: 'Slack token',
  },
  { prefixes: ['hooks.slack.com/services/', 'hooks.slack.com/workflows/'], rest: pathOf, restMin: 8, kind: 'webhook' },
  { prefixes: ['discord.com/api/webhooks/'], rest: pathOf, restMin: 8, kind: 'webhook' },
  { prefixes: ['npm_'], rest: word, restMin: 30, kind: 'npm token' },
  { prefixes: ['pypi-AgE'], rest: base64Url, restMin: 16, kind: 'PyPI token' },
  {
    prefixes: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'whsec_'],
    rest: word,
    restMin: 10,
    kind: 'Stripe key',
  },
  { prefixes: ['dckr_pat_', 'dckr_oat_'], rest: base64Url, restMin: 16, kind: 'Docker token' },
  { prefixes: ['hvs.', 'hvb.', 'hvr.'], rest: base64Url, restMin: 20, kind: 'Vault token', apart: true },
  { prefixes: ['dop_v1_', 'doo_v1_', 'dor_v1_'], rest: hex, restMin: 32, kind: 'DigitalOcean token' },
  { prefixes: ['SG.'], rest: dotted, restMin: 32, kind: 'SendGrid key', apart: true },
  { prefixes: ['glsa_', 'glc_'], rest: base64, restMin: 20, kind: 'Grafana token', apart: true },
  { prefixes: ['shpat_', 'shpss_', 'shpca_', 'shppa_'], rest: hex, restMin: 20, kind: 'Shopify token' },
  { prefixes: ['dapi'], rest: hex, restMin: 32, kind: 'Databricks token' },
  { prefixes: ['hf_'], rest: word, restMin: 30, kind: 'Hugging Face token', apart: true },
  { prefixes: ['sk-ant-', 'sk-proj-', 'sk-svcacct-'], rest: base64Url, restMin: 20, kind: 'API key', apart: true },
  { prefixes: ['sk-'], rest: word, restMin: 32, kind: 'API key', apart: true },
  { prefixes: ['lin_api_', 'NRAK-', 'PMAK-', 'HRKU-', 'dp.pt.'], rest: base64Url, restMin: 20, kind: 'API key' },
  { prefixes: ['AGE-SECRET-KEY-1'], rest: upperDigits, restMin: 20, kind: 'private key' },
  { prefixes: ['K10'], rest: hex, restMin: 60, kind: 'cluster token', apart: true },
  // The base64 of a JWT, as Secrets and environments hold it.
  { prefixes: ['ZXlKaGJHY2lPa', 'ZXlKMGVYQWlPa', 'ZXlKcmFXUWlPa'], rest: base64, restMin: 8, kind: 'JWT' },
];

/** What follows the prefix of a token that has no end of its own, such as `K10<hash>::server:<password>`. */
const tail = /[A-Za-z0-9_.:=+/-]*/y;

/** Where credentials stand that are known by their looks. */
export function formSpans(text: string): Span[] {
  return [...forms.flatMap((form) => spansOfForm(text, form)), ...jwtSpans(text), ...fixedLengthSpans(text)];
}

function spansOfForm(text: string, { prefixes, rest, restMin, kind, apart }: Form): Span[] {
  const spans: Span[] = [];
  for (const prefix of prefixes) {
    let from = text.indexOf(prefix);
    while (from !== -1) {
      const restAt = from + prefix.length;
      let end = endOfRun(text, restAt, rest);
      const stands = apart === undefined || !/[A-Za-z0-9_-]/.test(text.charAt(from - 1)) || isEscape(text, from);
      const found = stands && end - restAt >= restMin;
      if (found) {
        if (kind === 'cluster token') end = endOfRun(text, end, tail);
        spans.push({ start: from, end, kind });
      }
      // A run that is too short is read again from the next prefix in it; it is shorter than `restMin` then.
      const next = found || end - restAt >= restMin ? end : restAt;
      from = text.indexOf(prefix, next);
    }
  }
  return spans;
}

/** What begins a JOSE header as base64url: an object whose first member is alg, typ, kid, enc, jku, cty, x5t or zip. */
const headerBeginnings = ['hbGci', '0eXAi', 'raWQi', 'lbmMi', 'qa3Ui', 'jdHki', '4NXQi', '6aXAi'];

/** JWTs, also such that were cut: whatever begins as an object does and goes on after a dot, and every JOSE header. */
function jwtSpans(text: string): Span[] {
  const spans: Span[] = [];
  let from = text.indexOf('eyJ');
  while (from !== -1) {
    let end = endOfRun(text, from, base64Url);
    const goesOn = text.charAt(end) === '.' && endOfRun(text, end + 1, base64Url) > end + 1;
    const start = goesOn ? from : headerWithin(text, from, end);
    if (start !== -1 && end - start >= 12) {
      while (text.charAt(end) === '.') end = endOfRun(text, end + 1, base64Url);
      spans.push({ start, end, kind: 'JWT' });
    }
    from = text.indexOf('eyJ', end);
  }
  return spans;
}

function headerWithin(text: string, from: number, end: number): number {
  for (let at = from; at !== -1 && at < end; at = text.indexOf('eyJ', at + 3)) {
    if (headerBeginnings.some((beginning) => text.startsWith(beginning, at + 3))) return at;
  }
  return -1;
}

/**
 * Keys without a prefix: secret access keys of AWS are 40 characters of base64, keys of Azure storage 88, client secrets of
 * Entra ID have `8Q~` in their fourth place. The hash of a commit or of an image has no capital letters.
 */
function fixedLengthSpans(text: string): Span[] {
  const spans: Span[] = [];
  for (const { 0: run, index: start } of text.matchAll(/[A-Za-z0-9+/=]+/g)) {
    const kind = run.length === 40 ? 'AWS secret key' : run.length === 88 ? 'Azure key' : undefined;
    if (kind !== undefined && isRandom(run)) spans.push({ start, end: start + run.length, kind });
  }
  for (let at = text.indexOf('Q~'); at !== -1; at = text.indexOf('Q~', at + 2)) {
    const from = at - 4;
    const client = /^[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}/.exec(text.slice(Math.max(0, from), at + 36));
    if (from >= 0 && client !== null)
      spans.push({ start: from, end: from + client[0].length, kind: 'Azure client secret' });
  }
  return spans;
}

/** Whether letters of both cases and digits change places as often as chance has them: in paths and words they do not. */
function isRandom(run: string): boolean {
  let changes = 0;
  for (let index = 1; index < run.length; index += 1) {
    if (classOf(run.charCodeAt(index)) !== classOf(run.charCodeAt(index - 1))) changes += 1;
  }
  return changes * 3 >= run.length && /[A-Z]/.test(run) && /[a-z]/.test(run) && /[0-9]/.test(run);
}

function classOf(code: number): number {
  if (code >= 0x61 && code <= 0x7a) return 0;
  if (code >= 0x41 && code <= 0x5a) return 1;
  return code >= 0x30 && code <= 0x39 ? 2 : 3;
}

/**
 * Where a run of such characters that begins here ends.
 * @param run A class with `*`, sticky: the engine reads it once, without a way back.
 */
export function endOfRun(text: string, from: number, run: RegExp): number {
  run.lastIndex = from;
  return from + (run.exec(text)?.[0].length ?? 0);
}

/** Whether the letter in front belongs to an escape of JSON, `\n` or `\t`, and not to a word. */
function isEscape(text: string, at: number): boolean {
  return text.charAt(at - 2) === '\\' && /[nrt]/.test(text.charAt(at - 1));
}
