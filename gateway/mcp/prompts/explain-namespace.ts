import { howToAnswer, numbered, type PromptDefinition } from './define.ts';
import { namespaceArgument } from './fields.ts';

export const explainNamespace: PromptDefinition = {
  name: 'explain-namespace',
  title: 'What binds this namespace?',
  description: 'Explains the rules that bind a namespace to somebody who works there.',
  arguments: [namespaceArgument(true, 'The namespace to explain.')],
  text: ({ namespace = '' }) =>
    [
      `Explain to somebody who deploys into the namespace ${namespace} which rules bind it.`,
      numbered([
        `Call potoo_query with namespace "${namespace}", and follow next_cursor while truncated is true; after three pages say that there are more.`,
        'For rules that are Critical, call potoo_remediation with their ids.',
      ]),
      'Answer in this order: what is denied now, and for whom; what may be used up soon (quotas, with their figures); what network connections are limited; what is changed or added when something is deployed. Leave out what only audits, but say how many there are. End with what somebody new should do first.',
      howToAnswer,
    ].join('\n\n'),
};
