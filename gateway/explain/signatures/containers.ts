/**
 * Images, containers and probes: what happens on the node.
 *
 * @see https://github.com/kubernetes/kubernetes/tree/master/pkg/kubelet (images, prober, eviction, kuberuntime)
 */
import type { ErrorText } from '../error-text.ts';
import type { Signature } from '../finding.ts';
import { nearby, outside, says } from '../sayings.ts';
import { shown } from '../../words.ts';
import { isDigit } from '../places.ts';
import { imageSignatures } from './images.ts';
import { manual } from '../../remediation/steps.ts';

const engine = 'kubelet';

/** What the codes mean with which processes end. @see https://tldp.org/LDP/abs/html/exitcodes.html */
const exits: Readonly<Record<string, { sentence: string; advice: string }>> = {
  '137': {
    sentence:
      'The process was killed (137 is SIGKILL): mostly because it used more memory than its limit, or a probe failed too often.',
    advice:
      'See with kubectl describe pod whether the last state is OOMKilled; then raise the memory limit of the container or have the program use less.',
  },
  '139': {
    sentence: 'The process ended with an error of its own (139 is a segmentation fault).',
    advice: 'Look at the log of the container and at whether the image fits the processor of the node.',
  },
  '143': {
    sentence: 'The process was asked to end (143 is SIGTERM): a rollout, an eviction or a probe that failed.',
    advice: 'Look at the events of the pod for who ended it.',
  },
  '126': {
    sentence: 'The command of the container cannot be executed (126).',
    advice: 'Look at the mode of the file and at the interpreter that its first line names.',
  },
  '127': {
    sentence: 'The command of the container is not found (127).',
    advice: 'Look at command and args of the container, and at what the image holds.',
  },
};

/** `Exit Code: 137`, `exited with code 137`, `exit status 137`, also with a few words between. */
const exit: Signature = {
  anchors: ['exit code', 'exitcode', 'exit status', 'exited with code', 'exited with status', 'exit_code'],
  read(text, at) {
    const line = text.lower.slice(at, Math.min(text.lineEnd(at), at + 100));
    const code = Object.keys(exits).find((each) => holdsNumber(line, each));
    const known = code === undefined ? undefined : exits[code];
    if (known === undefined) return undefined;
    const end = at + line.length;
    return outside({
      category: 'negative',
      engine,
      certainty: 'likely',
      span: { start: at, end },
      evidence: [{ start: at, end }],
      sentence: known.sentence,
      steps: () => [manual(known.advice, 'developer')],
    });
  },
};

function holdsNumber(line: string, number: string): boolean {
  const at = line.indexOf(number);
  return at > 0 && !isDigit(line.charAt(at - 1)) && !isDigit(line.charAt(at + number.length));
}

const probes = ['liveness', 'readiness', 'startup'];
/** A probe that got no answer in time is a matter of the network as well. */
const timeouts = ['context deadline exceeded', 'i/o timeout', 'timed out', 'timeout', 'no route to host'];

/** `Readiness probe failed: HTTP probe failed with statuscode: 503` and what else probes say that were answered. */
const probe: Signature = {
  anchors: [' probe failed: ', ' probe errored: ', ' probe warning: '],
  read(text, at) {
    const kind = probes.find((each) => text.lower.startsWith(each, at - each.length));
    const lineEnd = text.lineEnd(at);
    const words = text.lower.slice(at, Math.min(lineEnd, at + 400));
    if (kind === undefined || timeouts.some((each) => words.includes(each))) return undefined;
    const start = at - kind.length;
    const end = Math.min(lineEnd, at + 400);
    const code = statusOf(words);
    const isRefused = words.includes('connection refused');
    const what =
      code === undefined
        ? isRefused
          ? 'nothing listens on that port of the pod (yet)'
          : 'the container answered that it is not well'
        : `the container answered with the code ${shown(code)}`;
    return outside({
      category: 'negative',
      engine,
      certainty: isRefused || text.lower.startsWith(' probe errored', at) ? 'likely' : 'stated',
      span: { start, end },
      evidence: [{ start, end }],
      sentence: `The ${kind} probe of a container failed: ${what}.`,
      steps: () => [
        manual(
          isRefused
            ? 'Look at the log of the container, and whether the port and address that it listens on are those of the probe; a slow start wants a startupProbe.'
            : 'Look at the log of the container for the time of the probe, and at the path, port or command of the probe.',
          'developer',
        ),
      ],
    });
  },
};

function statusOf(words: string): string | undefined {
  const form = 'statuscode: ';
  const at = words.indexOf(form);
  const code = at < 0 ? '' : words.slice(at + form.length, at + form.length + 3);
  return /^[0-9]+$/.test(code) ? code : undefined;
}

/** What is rather the cause, where it stands near. */
const causes = [
  'is forbidden: ',
  'dial tcp',
  'timeout',
  'connection refused',
  'connection timed out',
  'reset by peer',
  'no route to host',
  'deadline exceeded',
  'probe failed',
];

function standsAlone(text: ErrorText, at: number): boolean {
  const near = nearby(text, at);
  return !causes.some((each) => near.includes(each));
}

export const containerSignatures: readonly Signature[] = [
  ...imageSignatures,
  probe,
  ...says({ category: 'negative', engine }, [
    {
      words: [
        'oomkilled',
        'invoked oom-killer',
        'out of memory: kill',
        'memory cgroup out of memory',
        'oom-kill:constraint=',
        'oom_reaper: reaped process',
        'oom-killed',
        'systemoom',
        'oom killed',
        'was oom killed',
      ],
      sentence: 'A process used more memory than the limit of its container, or than the node has, and was killed.',
      advice: [
        'Raise resources.limits.memory of the container, or have the program use less; a limit nobody wrote comes from the defaults of a LimitRange.',
      ],
    },
    {
      words: [
        'java.lang.outofmemoryerror',
        'javascript heap out of memory',
        'cuda out of memory',
        'cuda error: out of memory',
        'std::bad_alloc',
        'outofmemoryerror',
        'fatal error: runtime: out of memory',
        'allocation failed - ',
      ],
      sentence:
        'The program ran out of the memory that it may have; that is its own limit or that of its container or device.',
      advice: ['Raise the memory of the program (its heap) and of the container, or have it use less.'],
    },
  ]),
  exit,
  ...says({ category: 'negative', engine }, [
    {
      words: ['signal: killed', 'killed process '],
      certainty: 'likely',
      sentence: 'The process was killed by the system, mostly for want of memory.',
      advice: ['See with kubectl describe pod whether the last state is OOMKilled.'],
    },
    {
      words: [
        'the node was low on resource',
        'exceeded its local ephemeral storage limit',
        'pod ephemeral local storage usage exceeds',
        'usage of emptydir volume',
        'the node had condition: [',
        'the node is low on resource',
        'node is running out of resource',
        'pod the node had condition',
      ],
      sentence:
        'The kubelet put the pod off its node, for want of memory, disk or processes there; no budget or policy had a say.',
      advice: [
        'Set requests near to what the pod uses (those above their requests go first), and limit what it writes to its disk.',
      ],
    },
    {
      words: [
        'evictionthresholdmet',
        'attempting to reclaim',
        'diskpressure',
        'memorypressure',
        'pidpressure',
        'taint-based eviction',
        'taintmanagereviction',
        'node is not ready',
        'nodenotready',
        'freediskspacefailed',
        'imagegcfailed',
      ],
      certainty: 'likely',
      never: ['nodes are available'],
      sentence: 'A node is short of memory, disk or processes, or is not ready.',
      advice: ['Look at the conditions of the node (kubectl describe node) and at what uses so much there.'],
      privilege: 'cluster-admin',
    },
    {
      words: [
        'container has runasnonroot and image',
        'image will run as root',
        'has non-numeric user (',
        'cannot verify user is non-root',
        "container's runasuser breaks non-root policy",
      ],
      sentence:
        'The pod says runAsNonRoot, and its image would run as root or does not say a number: the kubelet does not start it.',
      advice: [
        'Set securityContext.runAsUser to the number of a user of the image other than 0, or have the image say USER with a number.',
      ],
    },
    {
      words: ['exec format error'],
      sentence: 'The program was built for another kind of processor than the node has.',
      advice: ['Use an image for the platform of the node, or a node selector kubernetes.io/arch.'],
    },
    {
      words: [
        'executable file not found in $path',
        'starterror',
        'no such file or directory: unknown',
        'oci runtime create failed',
        'oci runtime exec failed',
        'failed to create containerd task',
        'failed to start container',
        'createcontainererror',
        'runcontainererror',
        'createcontainerconfigerror',
        'container process caused',
        'unable to start container process',
        'failed to create shim task',
      ],
      certainty: 'likely',
      sentence: 'The container could not be started as it is declared.',
      advice: ['Look at command, args, mounts and the security context of the container, and at what the image holds.'],
    },
    {
      words: [
        'sysctlforbidden',
        'forbidden sysctl: ',
        'unexpectedadmissionerror',
        'topologyaffinityerror',
        'cannot enforce apparmor',
        'podadmissionfailed',
        'apparmor profile "',
      ],
      sentence:
        'The kubelet of the node did not take the pod: what it asks for is not allowed or not there on that node.',
      advice: ['Leave it out of the pod, or have the node set up for it (allowed sysctls, profiles, devices).'],
      privilege: 'cluster-admin',
    },
    {
      words: [
        'multi-attach error for volume',
        'volume is already exclusively attached to one node',
        'volume is already used by pod',
        'access denied by server while mounting',
      ],
      sentence:
        'The volume cannot be mounted: it is attached to another node, or its server does not let this node have it.',
      advice: [
        'Wait until the pod on the other node is gone, use ReadWriteMany, or look at the exports of the server.',
      ],
    },
    {
      words: [
        'failed to create pod sandbox',
        'failed create pod sandbox',
        'failedcreatepodsandbox',
        'failed to set up sandbox container',
        'networkplugin cni failed',
        'no ip addresses available in range set',
        'attachvolume.attach failed for volume',
        'mountvolume.mountdevice failed',
        'mountvolume.setup failed for volume',
        'failed to sync configmap cache',
        'failed to sync secret cache',
        'failed to allocate for range',
      ],
      certainty: 'likely',
      sentence: 'The node could not set up the pod: its network, its volumes or its sandbox.',
      advice: ['Read the last part of the message; look at the plugin that it names (CNI, CSI) and at the node.'],
      privilege: 'cluster-admin',
    },
    {
      words: [
        'back-off restarting failed container',
        'crashloopbackoff',
        'failed liveness probe, will be restarted',
        'failed startup probe, will be restarted',
        'unable to attach or mount volumes',
        'unable to mount volumes for pod',
        'progressdeadlineexceeded',
        'has timed out progressing',
        'backofflimitexceeded',
        'job has reached the specified backoff limit',
        'deadlineexceeded: job was active',
        'timed out waiting for the condition',
        'containers with unready status',
        'minimum availability',
        'resource not ready',
      ],
      certainty: 'possible',
      holds: standsAlone,
      sentence: 'That is what follows when something else failed; what failed is not in this text.',
      advice: [
        'Look at the events (kubectl describe) and at the log of the last run (kubectl logs --previous) of the pods.',
      ],
    },
  ]),
];
