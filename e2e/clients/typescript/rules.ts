/** Prints what binds a namespace: node rules.ts NAMESPACE */

interface Constraint {
  readonly name: string;
  readonly severity: 'Critical' | 'Warning' | 'Info';
  readonly message: string;
}
interface Answer {
  readonly constraints: readonly Constraint[];
  readonly next_cursor?: string;
}
interface Refusal {
  readonly error: string;
  readonly code: string;
}

const { POTOO_URL: url = 'http://localhost:8090', POTOO_TOKEN: token } = process.env;

async function query(namespace: string, cursor: string | undefined): Promise<Answer> {
  const response = await fetch(`${url}/tools/potoo_query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ namespace, limit: 50, cursor }),
  });
  const answer = (await response.json()) as Answer | Refusal;
  if ('error' in answer) throw new Error(`${response.status} ${answer.code}: ${answer.error}`);
  return answer;
}

const [namespace] = process.argv.slice(2);
if (namespace === undefined) throw new Error('Which namespace? node rules.ts NAMESPACE');
let cursor: string | undefined;
do {
  const answer = await query(namespace, cursor);
  for (const { severity, name, message } of answer.constraints)
    console.log(`${severity.padEnd(8)} ${name}: ${message}`);
  cursor = answer.next_cursor;
} while (cursor !== undefined);
