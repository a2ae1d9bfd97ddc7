/** The lines to copy. Each works as printed in any shell of this machine; those with kubectl after the `export`. */
import { fileURLToPath } from 'node:url';
import { clusterReportName, reportName } from '../../crds/api.ts';
import { aggregationLabel } from '../../operator/adapter-health.ts';
import { at } from '../control-plane/admin.ts';
import { installation } from '../programs.ts';

export interface Section {
  /** What the lines below it show, in a sentence or two. */
  readonly title: string;
  readonly lines: readonly string[];
}

/** Where `potoo` and `kubectl-potoo` are. */
const programs = fileURLToPath(new URL('../../gateway/bin', import.meta.url));

interface Place {
  readonly kubeconfig: string;
  /** URL of the gateway. */
  readonly gateway: string;
}

/** What a Deployment is told whose pods find no room in the quota of the samples. */
const overQuota =
  'Error creating: pods "web-7c9f" is forbidden: exceeded quota: team, requested: requests.cpu=3, used: requests.cpu=2, limited: requests.cpu=4';

function written(kubeconfig: string, namespace: string): Section {
  return {
    title: 'What Potoo wrote, for everyone with kubectl:',
    lines: [
      `export KUBECONFIG=${quoted(kubeconfig)}`,
      'kubectl get constraintreports -A',
      'kubectl get potoo -A',
      'kubectl explain creport.status',
      `kubectl -n ${namespace} get creport ${reportName} -o yaml`,
    ],
  };
}

/** For the company of the samples. `callers` is the folder with a header file for each caller. */
export function companyLines({ kubeconfig, gateway, callers }: Place & { readonly callers: string }): Section[] {
  const as = (caller: string) => `-H ${quoted(`@${callers}/${caller}`)}`;
  const remediation = `${gateway}/tools/potoo_remediation`;
  const openCheckout = `kubectl -n shop patch networkpolicy checkout-from-web --type=json -p '[{"op":"remove","path":"/spec/ingress/0/ports"}]'`;
  const checkout = `/resources/constraints/shop/checkout-from-web`;
  return [
    written(kubeconfig, 'shop'),
    {
      title:
        'The same from the gateway, without a token: here anonymous callers may read summaries, by a ClusterRoleBinding.',
      lines: [
        curl(`${gateway}/resources/reports/shop`),
        curl(`-X POST ${gateway}/tools/potoo_list_namespaces`),
        curl(`${gateway}/resources/health`),
      ],
    },
    {
      title:
        'A developer of shop (ClusterRole view there) reads what is limited; its admin also which ports and peers.',
      lines: [
        curl(`${as('shop-developer')} ${gateway}${checkout}`),
        curl(`${as('shop-admin')} ${gateway}${checkout}`),
        curl(`${as('shop-admin')} ${posted({ namespace: 'shop', workload_name: 'web' })} ${gateway}/tools/potoo_query`),
      ],
    },
    {
      title:
        'What to do about a rule, from its numbers and as far as the caller may see it: who can do which step, and how.',
      lines: [
        curl(`${as('shop-developer')} ${posted({ namespace: 'shop', constraint_name: 'team' })} ${remediation}`),
        curl(
          `${as('shop-admin')} ${posted({ namespace: 'shop', constraint_name: 'web-from-ingress' })} ${remediation}`,
        ),
      ],
    },
    {
      title: 'The developer sees one namespace, the platform team all of them, with every detail.',
      lines: [
        curl(`${as('shop-developer')} -X POST ${gateway}/tools/potoo_list_namespaces`),
        curl(`${as('platform-admin')} -X POST ${gateway}/tools/potoo_list_namespaces`),
        curl(`${as('platform-admin')} ${posted({ namespace: 'payments' })} ${gateway}/tools/potoo_query`),
      ],
    },
    {
      title: 'The command line asks the cluster itself, here with all rights of the kubeconfig above.',
      lines: [
        `export PATH="$PATH":${quoted(programs)}`,
        'potoo namespaces',
        'potoo query -n shop --severity critical',
        'kubectl potoo remediate -n shop team',
      ],
    },
    {
      title:
        'Which rule caused an error, from its text alone, with what to do about it: what kubectl says, and the event of a quota.',
      lines: [
        'kubectl -n shop create deployment probe --image=example.com/shop/probe:latest 2>&1 | potoo explain -n shop',
        curl(
          `${as('shop-developer')} ${posted({ namespace: 'shop', error_message: overQuota })} ${gateway}/tools/potoo_explain`,
        ),
      ],
    },
    {
      title: 'Agents ask over MCP. The same by curl, and what clients on this machine take for a configuration:',
      lines: [
        curl(
          `${as('shop-developer')} ${posted(toolCall('potoo_query', { namespace: 'shop', severity: 'Critical' }))} ${gateway}/mcp`,
        ),
        JSON.stringify({ mcpServers: { potoo: { type: 'http', url: `${gateway}/mcp` } } }),
        JSON.stringify({
          mcpServers: { potoo: { command: `${programs}/potoo`, args: ['mcp', '--kubeconfig', kubeconfig] } },
        }),
      ],
    },
    {
      title:
        'The optional cluster tools: a developer sees the pods of shop, and gets a plan of what nobody here carries out.',
      lines: [
        curl(`${as('shop-developer')} ${posted({ namespace: 'shop' })} ${gateway}/tools/pods_list_in_namespace`),
        curl(
          `${as('shop-developer')} ${posted({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', scale: 5 })} ${gateway}/tools/resources_scale`,
        ),
      ],
    },
    {
      title:
        'What cluster-wide policies impose stands in the report as lines. Who may read all has each of them in full.',
      lines: [
        `kubectl -n payments get creport ${reportName} -o jsonpath='{range .status.inherited[*]}{@}{"\\n"}{end}'`,
        curl(`${as('platform-admin')} ${gateway}/resources/constraints/payments/service-review`),
        'kubectl get ccdetail',
      ],
    },
    {
      title:
        'Two of them at work: an image without a version, and a Service while its webhook is down. Both are refused.',
      lines: [
        'kubectl -n shop create deployment tester --image=example.com/shop/tester:latest',
        'kubectl -n payments create service clusterip api --tcp=8443',
      ],
    },
    {
      title:
        'Policies of engines in the same words. None of them runs here, so nothing enforces these: a pattern of Kyverno, a program ' +
        'of Gatekeeper, connections by name of Cilium, identities of Istio.',
      lines: [
        curl(
          `${as('platform-admin')} ${posted({ namespace: 'payments', constraint_name: 'own-registry' })} ${remediation}`,
        ),
        curl(
          `${as('platform-admin')} ${posted({ namespace: 'sandbox', constraint_name: 'ten-replicas' })} ${remediation}`,
        ),
        curl(`${as('platform-admin')} ${gateway}/resources/constraints/data/postgres-backups`),
        curl(`${as('platform-admin')} ${gateway}/resources/constraints/payments/charge-by-checkout`),
      ],
    },
    {
      title:
        "The company's own kinds: one is read as a ConstraintProfile says, one by an annotation of its definition. A third is " +
        'a policy by its name, and health tells which right is missing. Given that right, the report of shop gains an entry ' +
        'within ten seconds.',
      lines: [
        'kubectl get cprofile',
        `kubectl get ccreport ${clusterReportName} -o jsonpath='{.status.adapters[?(@.name=="generic")].reason}{"\\n"}'`,
        `kubectl create clusterrole reads-costlimits --verb=list,watch --resource=costlimits.finops.example.com`,
        `kubectl label clusterrole reads-costlimits ${aggregationLabel}=true`,
        `kubectl wait ccreport ${clusterReportName} --for=jsonpath='{.status.byType.Unknown}'=2 --timeout=60s`,
      ],
    },
    {
      title:
        'Open checkout on all ports while a stream of events is open for six seconds: Critical becomes Warning, in the stream, ' +
        'in the report and in the answer.',
      lines: [
        `(timeout 6 curl -sSN ${as('shop-developer')} ${quoted(`${gateway}/events?namespace=shop`)} & sleep 1; ${openCheckout}; wait)`,
        'kubectl -n shop get creport',
        curl(`${as('shop-admin')} ${gateway}${checkout}`),
      ],
    },
    {
      title: 'One Deployment more uses up the quota of sandbox, and a label gives legacy rules of its own.',
      lines: [
        'kubectl -n sandbox create deployment one-more --image=example.com/sandbox/try:1',
        'kubectl label namespace legacy pod-security.kubernetes.io/enforce=baseline',
        'kubectl get constraintreports -A',
        curl(`${gateway}/resources/reports/legacy`),
      ],
    },
    {
      title:
        'No right, 403: somebody without any, and the developer elsewhere. It is the same where no namespace exists.',
      lines: [
        curl(`-i ${as('visitor')} ${gateway}/resources/reports/shop`),
        curl(`-i ${as('shop-developer')} ${gateway}/resources/reports/payments`),
        curl(`-i ${as('shop-developer')} ${gateway}/resources/reports/no-such-namespace`),
      ],
    },
    {
      title:
        'Without that ClusterRoleBinding nobody is let in without a token: 401. The gateway keeps a yes for up to a minute.',
      lines: [
        'kubectl delete clusterrolebinding potoo-anonymous',
        `sleep 60; ${curl(`-i ${gateway}/resources/reports/shop`)}`,
      ],
    },
  ];
}

/** For a cluster that was there before: nothing is applied for callers, so the ServiceAccounts of Potoo stand in for them. */
export function clusterLines({ kubeconfig, gateway, namespace }: Place & { readonly namespace: string }): Section[] {
  const as = (account: string) => `-H "Authorization: Bearer $(kubectl -n potoo-system create token ${account})"`;
  return [
    written(kubeconfig, namespace),
    {
      title:
        "The same from the gateway. The operator's own ServiceAccount may read all of it, so it stands in for a caller.",
      lines: [
        curl(`${as('potoo-operator')} ${gateway}/resources/reports/${namespace}`),
        curl(`${as('potoo-operator')} ${posted({ namespace })} ${gateway}/tools/potoo_query`),
        curl(`${as('potoo-operator')} -X POST ${gateway}/tools/potoo_list_namespaces`),
        curl(`${as('potoo-operator')} ${gateway}/resources/health`),
      ],
    },
    {
      title: 'A token without the right, 403; no token, 401.',
      lines: [
        curl(`-i ${as('default')} ${gateway}/resources/reports/${namespace}`),
        curl(`-i ${gateway}/resources/reports/${namespace}`),
      ],
    },
  ];
}

/** How to take away what was installed, the definitions with all reports among it. */
export function removalLines(kubeconfig: string): string[] {
  const objects = installation();
  const named = (kind: string) =>
    objects.filter((object) => at(object, 'kind') === kind).map((object) => String(at(object, 'metadata', 'name')));
  const kubectl = `kubectl --kubeconfig ${quoted(kubeconfig)} delete`;
  return ['CustomResourceDefinition', 'ClusterRoleBinding', 'ClusterRole', 'Namespace'].map(
    (kind) => `${kubectl} ${kind.toLowerCase()} ${named(kind).join(' ')}`,
  );
}

/** Lines stand two blanks in, titles at the margin. */
export function renderSections(sections: readonly Section[]): string {
  return sections.map(({ title, lines }) => [title, ...lines.map((line) => `  ${line}`)].join('\n')).join('\n\n');
}

/** Silent but for errors, and a newline at the end, so that the prompt stands on a line of its own. */
function curl(rest: string): string {
  return String.raw`curl -sSw '\n' ${rest}`;
}

function posted(body: object): string {
  return `-H content-type:application/json -d '${JSON.stringify(body)}'`;
}

function toolCall(name: string, input: object): object {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: input } };
}

/** One word of a shell. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
