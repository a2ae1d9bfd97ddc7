/**
 * File systems, kernels, processes, and the store of the API server: limits and permissions of the machines themselves.
 */
import type { ErrorText } from '../error-text.ts';
import type { Signature } from '../finding.ts';
import { nearby, says } from '../sayings.ts';
import { wholeWordsStart } from '../places.ts';

const fileWords = [
  'open ',
  'mkdir ',
  'mkdir:',
  'chmod ',
  'chmod:',
  'chown ',
  'chown:',
  'unlink ',
  'remove ',
  'rename ',
  'stat ',
  'lstat ',
  'mkfifo',
  'touch:',
  'cp:',
  'mv:',
  'rm:',
  'ln:',
  'tee:',
  'cat:',
  'cannot create',
  'cannot open',
  'cannot touch',
  'cannot access',
  "can't open",
  "can't create",
  'could not open',
  'could not create',
  'failed to open',
  'failed to create',
  'unable to open',
  'unable to create',
  'unable to write',
  'initdb:',
  'fork/exec',
  'exec:',
  'permissionerror',
  'eacces',
  'errno 13',
  'os error 13',
  'creating directory',
  'create directory',
  'log file',
  'directory',
  'errno: 13',
  'error: 13',
  '13: permission denied',
  'filenotfoundexception',
  'accessdeniedexception',
  '/bin/',
  'listen tcp',
  'bind()',
  'bind:',
  'socket',
];

/** Whether a path and what was done with it stand in front of the words or right behind them. */
function isOfFile(text: ErrorText, at: number): boolean {
  const before = text.lower.slice(wholeWordsStart(text, at, 240), at);
  const after = text.lower.slice(at, Math.min(text.lineEnd(at), at + 160));
  const around = `${before}${after}`;
  return around.includes('/') || around.includes('bind')
    ? fileWords.some((each) => around.includes(each)) || before.trimEnd().endsWith(':')
    : false;
}

/** Ports of the proxies of service meshes beside a container: what they refuse is another matter. */
const meshPorts = ['15000', '15001', '15006', '15008', '15020', '15021', '15090', '4140', '4143', '4191'];

/** Whether the address is of the machine itself, and a connection to it was refused. */
function isRefusedHere(text: ErrorText, at: number): boolean {
  const near = text.lower.slice(Math.max(0, at - 80), at + 120);
  if (!near.includes('refused')) return false;
  const behind = text.lower.slice(at, at + 24);
  // In front of an address of another machine stands the own one, as its source.
  return !meshPorts.some((each) => behind.includes(`:${each}`)) && !behind.includes('->');
}

export const systemSignatures: readonly Signature[] = [
  ...says({ category: 'negative', engine: 'file-system' }, [
    {
      words: ['permission denied', 'operation not permitted'],
      holds: isOfFile,
      never: [
        'rpc error: code = permissiondenied',
        'publickey',
        'rbac: ',
        'is forbidden: ',
        'permission_denied:',
        'code: 403. errors',
      ],
      certainty: 'likely',
      sentence:
        'The operating system refused access to a file, directory or port, for the user or the capabilities that the process runs with.',
      advice: [
        'Look at the user and group that the container runs as (securityContext.runAsUser, fsGroup) and at the owner and mode of the path; ports below 1024 need NET_BIND_SERVICE.',
      ],
    },
    {
      words: [
        'eacces: permission denied',
        'eacces: access denied',
        '[errno 13] permission denied',
        'errno 13',
        'java.nio.file.accessdeniedexception',
        '(permission denied)',
        '(os error 13)',
        'permissionerror: [errno',
        'permissionerror: ',
      ],
      never: ['(publickey', 'rbac: '],
      sentence:
        'The operating system refused access to a file, directory or port, for the user that the process runs as.',
      advice: [
        'Look at the user and group that the container runs as (securityContext.runAsUser, fsGroup) and at the owner and mode of the path.',
      ],
    },
    {
      words: ['read-only file system', 'readonlyfilesystem', '(erofs)', 'erofs: '],
      sentence:
        'The file system is mounted read-only, as the pod itself says (readOnlyRootFilesystem, or a volume that is mounted so).',
      advice: ['Mount a writable volume, an emptyDir say, where the program writes.'],
    },
    {
      words: ['no space left on device', 'disk quota exceeded', 'enospc', 'disk is full', 'disk full'],
      sentence: 'A disk is full or its own quota is used up; no ResourceQuota counts what is written to a disk.',
      advice: ['Free some of the disk or volume, or make the volume larger.'],
    },
  ]),
  ...says({ category: 'negative', engine: 'kernel' }, [
    {
      words: ['too many open files', '(emfile)', 'emfile: ', 'open files limit is too low', 'file descriptor limit'],
      sentence:
        'A process or its node has as many open files as it may have; that limit is set where the process or the container runtime starts.',
      advice: [
        'Raise the limit (LimitNOFILE of the container runtime, ulimit of the process, fs.inotify of the node), or find what opens so many.',
      ],
      privilege: 'cluster-admin',
    },
    {
      words: [
        'user limit of inotify watches',
        'system limit for number of file watchers',
        'inotify_add_watch',
        'inotify watch limit',
        'fork: resource temporarily unavailable',
        'fork: retry',
        'pthread_create failed',
        'unable to create native thread',
        'cannot allocate memory',
        'pids.max',
        'cgroup: fork rejected',

        'nf_conntrack: table full',
        'nf_conntrack: nf_conntrack: table full',
      ],
      sentence: 'A limit of the kernel of the node was reached: watches, processes, memory or tracked connections.',
      advice: ['Have the limit of the node raised, or find what uses so much of it.'],
      privilege: 'cluster-admin',
    },
    {
      words: [
        'apparmor="denied"',
        'avc: denied',
        'avc: denied {',
        'is not in the sudoers file',
        'iptables: permission denied',
        '(you must be root)',
        'type=seccomp',
      ],
      sentence:
        'A security module of the node, or the lack of a capability, stopped the process; no rule that was applied to the cluster did.',
      advice: [
        'Look at the profile (AppArmor, SELinux, seccomp) and at the capabilities that the container runs with.',
      ],
      privilege: 'cluster-admin',
    },
  ]),
  ...says({ category: 'negative', engine: 'loopback' }, [
    {
      words: [
        '127.0.0.1:',
        'localhost:',
        '[::1]:',
        '127.0.0.1 port ',
        'localhost port ',
        'localhost" (',
        'localhost (127.0.0.1)',
        'localhost (::1)',
      ],
      holds: isRefusedHere,
      certainty: 'likely',
      sentence:
        'Nothing listens on that port of the own pod or machine: a connection to itself passes no network policy.',
      advice: [
        'Start what should listen there, or correct the address: localhost means the pod itself, another service is reached by its own name.',
      ],
    },
  ]),
  ...says({ category: 'negative', engine: 'kube-apiserver' }, [
    {
      words: [
        'etcdserver: request is too large',
        'request entity too large',
        'trying to send message larger than max',
        'received message larger than max',
        'http: request body too large',
        'etcdserver: mvcc: database space exceeded',
        'mvcc: database space exceeded',
        'etcdserver: no space',
        'etcdserver: too many requests',
        'etcdserver: request timed out',
        'etcdserver: leader changed',
      ],
      sentence: 'The store of the API server refused or did not manage the request: its size, its space or its load.',
      advice: [
        'Make the object smaller (what a ConfigMap, Secret or release holds), or have the administrators look at etcd.',
      ],
    },
    {
      words: [
        'the server has received too many requests and has asked us to try again later',
        'this request has been rejected by apf',
        'too many requests, please try again later',
        'client rate limiter wait returned an error',
        'client-side throttling',
        'throttling request took',
        'due to client-side throttling',
      ],
      holds: (text, at) => !['disruption budget', 'pdb', 'evict'].some((each) => nearby(text, at).includes(each)),
      certainty: 'likely',
      sentence: 'The API server or the client itself holds back requests because there are too many of them.',
      advice: ['Wait and try again; ask less often, or have the flow control of the API server looked at.'],
    },
  ]),
];
