import { howToAnswer, numbered, type PromptDefinition } from './define.ts';

export const clusterHealthCheck: PromptDefinition = {
  name: 'cluster-health-check',
  title: 'Is everything read, and where is it tight?',
  description: 'Checks whether the rules of the cluster are read completely, and which namespaces have grave ones.',
  arguments: [],
  text: () =>
    [
      'Check how well the rules of this cluster are known, and where they are grave.',
      numbered([
        'Read the resource potoo://health, or where you cannot read resources, say in the answer that nobody looked whether everything is read, and go on with the third step. Where its status is not healthy, its reasons come first in the answer, and what follows may be old or incomplete.',
        'Read the resource potoo://capabilities for which engines are read and how many rules there are.',
        'Call potoo_list_namespaces, and follow next_cursor while truncated is true; after five pages say that there are more.',
        'For the three namespaces with the most Critical rules, call potoo_query with severity "Critical" and limit 10.',
      ]),
      'Answer with the status and what cannot be read, then a table of the namespaces with the most Critical rules and the gravest rule of each, then what to look at first. Where health or capabilities hold the status alone, say that the rest needs the right to get clusterconstraintreports.potoo.io.',
      howToAnswer,
    ].join('\n\n'),
};
