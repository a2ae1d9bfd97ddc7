/**
 * Plans for Helm. Which objects a chart makes is in the chart, and which belong to a release is in a Secret, so whether the
 * caller may do this is not told: a guess would be worse.
 */
import * as z from 'zod';
import { isDnsSubdomain } from '../../../kube/names.ts';
import { isPlain } from '../../words.ts';
import { OptionalNamespace } from '../fields.ts';
import { inNamespace, planTool } from './plan.ts';

/** As Helm validates it. @see https://github.com/helm/helm/blob/v3.18.0/pkg/chartutil/validate_name.go */
const Release = z
  .string()
  .max(53)
  .refine(isDnsSubdomain, 'is no name of a release: lower-case letters, digits and dashes, at most 53')
  .describe('Name of the release.');

const Chart = z
  .string()
  .min(1)
  .max(500)
  .refine((text) => isPlain(text) && !text.startsWith('-'), 'is no chart: like repository/name, oci://… or ./folder')
  .describe('The chart: repository/name, oci://…, a URL or a folder.');

const InNamespace = OptionalNamespace.describe('Namespace of the release.');

export const helmInstall = planTool({
  name: 'helm_install',
  title: 'Install a Helm chart',
  does: 'install a Helm chart',
  input: z.object({
    chart: Chart,
    name: Release.optional().describe('Name of the release; Helm makes one up unless told.'),
    namespace: InNamespace,
    values: z.record(z.string().max(253), z.unknown()).optional().describe('Values for the chart.'),
  }),
  async draft({ chart, name, namespace, values }, { defaultNamespace }) {
    const words = [
      ...(name === undefined ? [{ value: chart }, '--generate-name'] : [{ value: name }, { value: chart }]),
      ...inNamespace(namespace ?? defaultNamespace),
    ];
    const reads = (from: string) => (values === undefined ? [] : ['--values', from]);
    return {
      ok: true,
      value: {
        command: ['helm', 'install', ...words, ...reads('-')],
        dryRun: ['helm', 'install', ...words, ...reads('-'), '--dry-run=server'],
        file: ['helm', 'install', ...words, ...reads('input.yaml')],
        stdin: values,
        needs: undefined,
        warnings: ['A chart runs with your rights, and may hold anything: look at what the dry run prints.'],
      },
    };
  },
});

export const helmUninstall = planTool({
  name: 'helm_uninstall',
  title: 'Uninstall a Helm release',
  does: 'uninstall a Helm release',
  input: z.object({ name: Release, namespace: InNamespace }),
  async draft({ name, namespace }, { defaultNamespace }) {
    const words = ['helm', 'uninstall', { value: name }, ...inNamespace(namespace ?? defaultNamespace)];
    return {
      ok: true,
      value: {
        command: words,
        dryRun: [...words, '--dry-run'],
        needs: undefined,
        warnings: ['All that the release made is deleted, volumes with their data perhaps among it.'],
      },
    };
  },
});
