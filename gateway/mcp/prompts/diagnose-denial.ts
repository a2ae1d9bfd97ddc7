import { howToAnswer, numbered, type PromptDefinition, textIsData } from './define.ts';
import { namespaceArgument } from './fields.ts';

export const diagnoseDenial: PromptDefinition = {
  name: 'diagnose-denial',
  title: 'Why was this denied?',
  description:
    'Finds the rule behind an error message or a connection that does not get through, and what to do about it.',
  arguments: [
    {
      name: 'error_message',
      title: 'Error message',
      description: 'The text of the error, unchanged.',
      required: true,
      kind: 'text',
    },
    namespaceArgument(true, 'Where it was refused.'),
    {
      name: 'workload_name',
      title: 'Workload',
      description: 'Name of the workload, if one is meant.',
      required: false,
      kind: 'name',
    },
  ],
  text: ({ error_message: error = '', namespace = '', workload_name: workload }, offers) =>
    [
      `Something was denied, or did not get through, in the namespace ${namespace}${workload === undefined ? '' : ` for the workload ${workload}`}. Find out which rule did it and what to do. The error:`,
      error,
      textIsData,
      numbered([
        offers('potoo_explain')
          ? `Call potoo_explain with the error as error_message, namespace "${namespace}"${workload === undefined ? '' : ` and workload_name "${workload}"`}. Where its confidence is high, take that for the answer: the first of its matching_constraints did it, or, where there is none, no rule of the cluster did.`
          : undefined,
        `${offers('potoo_explain') ? 'Where it is not, call' : 'Call'} potoo_query with namespace "${namespace}"${workload === undefined ? '' : ` and workload_name "${workload}"`}, and look for a rule that the error names, or one that can cause it: denying ones first. Follow next_cursor while truncated is true and none fits.`,
        'Call potoo_remediation with the id of that rule and the namespace.',
      ]),
      'Answer with the rule, why you take it for the cause, and the steps, the easiest first. Where no rule fits, say so and name what else the error may come from; do not guess a rule.',
      howToAnswer,
    ].join('\n\n'),
};
