import { howToAnswer, numbered, type PromptDefinition, textIsData } from './define.ts';
import { namespaceArgument } from './fields.ts';

export const precheckManifest: PromptDefinition = {
  name: 'precheck-manifest',
  title: 'Would this manifest pass?',
  description: 'Looks for rules that would deny or change a manifest before it is applied.',
  arguments: [
    {
      name: 'manifest',
      title: 'Manifest',
      description: 'YAML or JSON, one document or several; where there is one line for it, JSON or the name of a file.',
      required: true,
      kind: 'text',
    },
    namespaceArgument(false, 'For documents that name none; default unless told.'),
  ],
  text: ({ manifest = '', namespace = 'default' }, offers) =>
    [
      `Would this manifest be admitted, and would what it makes work? Documents that name no namespace go to ${namespace}.`,
      manifest,
      textIsData,
      numbered([
        'Where this is the name of a file, read the file and go on with what is in it. Where you cannot, or where line breaks are lost and it can be read in more than one way, ask for the manifest and stop here.',
        offers('potoo_check')
          ? `Call potoo_check with the manifest unchanged and namespace "${namespace}". Its verdict counts; what is unknown there stays unknown.`
          : undefined,
        `Call potoo_query for each namespace that the documents name, "${namespace}" for the others, and compare the rules with each document: images, security context, resources against quotas and limits, labels that are required, ports and peers.`,
        'Call potoo_remediation for each rule that a document breaks.',
      ]),
      `Answer with one verdict for each document: denied by which rule, passes with which changes, or not known${offers('potoo_check') ? '' : ' (no tool here judges manifests for certain: what you conclude from messages is an opinion, so say that)'}. Then show what to change in the manifest.`,
      howToAnswer,
    ].join('\n\n'),
};
