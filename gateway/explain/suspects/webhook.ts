/**
 * Constraints against the name of a webhook. The API server names the webhook alone, never its configuration, and of a
 * configuration the webhooks are part of the full form: who sees the summary cannot be told which one it is. Whatever is
 * hidden there, the answer is the same.
 */
import type { Candidate } from '../candidates.ts';
import type { Suspect, Suspects } from '../finding.ts';

export const webhookKinds: readonly string[] = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'];

/** Configurations with hidden webhooks that may be listed: more of them help nobody. */
const hiddenMax = 3;

/**
 * Webhooks of this name.
 *
 * @param first The kind that stands first where both have such a webhook.
 * @param reason Why a webhook of this name is taken for the cause.
 */
export function webhooksNamed(
  hook: string,
  candidates: readonly Candidate[],
  { first, reason }: { readonly first: 'Validating' | 'Mutating'; readonly reason: string },
): Suspects {
  const webhooks = candidates
    .filter(({ kind }) => webhookKinds.includes(kind))
    .toSorted((a, b) => Number(b.kind.startsWith(first)) - Number(a.kind.startsWith(first)));
  const certain = webhooks.filter(({ key }) => isNamed(key, hook));
  if (certain.length > 0) return { certain: certain.map((candidate) => ({ candidate, reason })), possible: [] };
  const sameName = webhooks.filter(({ name }) => name === hook);
  const hidden = webhooks.filter(({ key, name }) => key === undefined && name !== hook);
  return {
    certain: [],
    possible: [
      ...sameName.map(
        (candidate): Suspect => ({
          candidate,
          reason: 'The configuration is called like the webhook that the message names',
        }),
      ),
      ...(hidden.length > hiddenMax ? [] : hidden).map(
        (candidate): Suspect => ({
          candidate,
          reason: 'Which webhooks it holds is not shown to you; it may hold this one',
        }),
      ),
    ],
  };
}

/** Names that stand several times in a configuration are numbered in the key. */
function isNamed(key: string | undefined, hook: string): boolean {
  if (key === undefined || !key.startsWith(hook)) return false;
  const rest = key.slice(hook.length);
  return rest === '' || (rest.startsWith('#') && /^[0-9]+$/.test(rest.slice(1)));
}
