/**
 * Databases, queues, caches and stores: their own users, grants and limits. Codes are those of the products.
 *
 * @see https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
 * @see https://kafka.apache.org/protocol (error codes)
 */
import type { Signature } from '../finding.ts';
import type { ErrorText } from '../error-text.ts';
import { says } from '../sayings.ts';
import { isDigit, runFrom } from '../places.ts';

const credentials =
  'Look at the user, the password or the certificate that the client presents, and at what that server lets the user do.';

/** `ERROR 1045 (28000): `, as the client of MySQL prints a number and a SQLSTATE. */
function isMysqlError(text: ErrorText, at: number): boolean {
  const number = runFrom(text, at + 'error '.length, ' (', 8);
  const open = at + 'error '.length + number.length + ' ('.length;
  if (number.length < 4 || !/^[0-9]+$/.test(number) || !text.flat.startsWith(' (', open - 2)) return false;
  const state = runFrom(text, open, ')', 8);
  return state.length === 5 && /^[0-9A-Z]+$/.test(state);
}

export const dataSignatures: readonly Signature[] = [
  ...says({ category: 'negative', engine: 'mysql' }, [
    {
      // Those from 2000 on are of the client, which got no answer.
      words: ['error 1', 'error 3'],
      open: true,
      holds: isMysqlError,
      sentence: 'A database that speaks the protocol of MySQL refused this itself, so the connection to it came about.',
      advice: [credentials],
    },
    {
      words: [
        "access denied for user '",
        'access denied for user "',
        'is not allowed to connect to this mysql server',
        'is not allowed to connect to this mariadb server',
        'command denied to user',
        "plugin 'caching_sha2_password'",
        "max_user_connections' resource",
        'max_connections_per_hour',
      ],
      sentence: 'A database that speaks the protocol of MySQL refused the user, so the connection to it came about.',
      advice: [credentials],
    },
  ]),
  ...says({ category: 'negative', engine: 'postgresql' }, [
    {
      words: [
        'password authentication failed for user',
        'peer authentication failed for user',
        'ident authentication failed for user',
        'scram authentication failed',
        'no pg_hba.conf entry for',
        'pg_hba.conf rejects connection',
        'permission denied for table',
        'permission denied for relation',
        'permission denied for schema',
        'permission denied for database',
        'permission denied for sequence',
        'permission denied for function',
        'permission denied for view',
        'permission denied to create',
        'permission denied to set',
        'must be owner of',
        'violates row-level security policy',
        'must be superuser to',
      ],
      sentence: 'PostgreSQL refused this itself, by its users and grants, so the connection to it came about.',
      advice: [credentials],
    },
    {
      words: [
        'remaining connection slots are reserved',
        'sorry, too many clients already',
        'no more connections allowed',
        'query_wait_timeout',
        'violates foreign key constraint',
        'violates unique constraint',
        'violates check constraint',
        'violates not-null constraint',
        'duplicate key value violates',
      ],
      sentence:
        'The database refused this itself, by its own limits or the constraints of its tables; no rule of the cluster is meant.',
      advice: ['Use fewer connections (a pool), raise the limit of the database, or correct the data.'],
    },
    {
      words: ['sqlstate ', 'sqlstate[', 'sqlstate: ', 'sql state: ', '(sqlstate'],
      holds: (text, at) =>
        isDigit(text.lower.charAt(at + 9)) ||
        isDigit(text.lower.charAt(at + 10)) ||
        isDigit(text.lower.charAt(at + 11)),
      never: [
        '08001',
        '08006',
        'connection refused',
        'timed out',
        'timeout',
        'could not translate',
        'hy000] [2002]',
        'hy000] [2006]',
      ],
      sentence: 'A database answered with an error of its own, so the connection to it came about.',
      advice: [credentials],
    },
  ]),
  ...says({ category: 'negative', engine: 'oracle' }, [
    {
      words: [
        'ora-01017',
        'ora-01031',
        'ora-00942',
        'ora-28000',
        'ora-28001',
        'ora-00020',
        'ora-02391',
        'ora-01045',
        'login failed for user',
        'the server principal',
      ],
      sentence: 'The database refused the user, so the connection to it came about.',
      advice: [credentials],
    },
  ]),
  ...says({ category: 'negative', engine: 'mongodb' }, [
    {
      words: [
        'not authorized on ',
        'mongoservererror: ',
        'mongoerror: authentication',
        'command failed with error 13 (unauthorized)',
        'command failed with error 18 (authenticationfailed)',
        'scram-sha-1',
        'scram-sha-256',
        'codename: "unauthorized"',
        '(unauthorized) ',
        '(authenticationfailed) ',
      ],
      beside: ['authenticat', 'authoriz'],
      never: ['kafka'],
      sentence: 'MongoDB refused the user or the command itself, so the connection to it came about.',
      advice: [credentials],
    },
  ]),
  ...says({ category: 'negative', engine: 'redis' }, [
    {
      words: [
        'noauth authentication required',
        'noauth hello must be called',
        'wrongpass invalid',
        'noperm ',
        'err invalid password',
        'err auth called without any password',
        'err client sent auth, but no password is set',
        'denied redis is running in protected mode',
      ],
      sentence: 'Redis refused the user or the command by its own access list, so the connection to it came about.',
      advice: [credentials],
    },
    {
      words: [
        'oom command not allowed when used memory',
        'misconf redis is configured',
        'err max number of clients reached',
        "readonly you can't write against a read only",
        'loading redis is loading the dataset',
        'clusterdown ',
      ],
      sentence: 'Redis answered that it cannot do this now, by its own limits or state.',
      advice: ['Look at the memory, the disk and the role of that Redis instance.'],
    },
  ]),
  ...says({ category: 'negative', engine: 'kafka' }, [
    {
      words: [
        'topicauthorizationexception',
        'groupauthorizationexception',
        'clusterauthorizationexception',
        'transactionalidauthorizationexception',
        'saslauthenticationexception',
        'delegationtokenauthorizationexception',
        'topic_authorization_failed',
        'group_authorization_failed',
        'cluster_authorization_failed',
        'sasl_authentication_failed',
        'topic authorization failed',
        'group authorization failed',
        'cluster authorization failed',
        'not authorized to access topics',
        'not authorized to access group',
        'topicauthorizationerror',
        'groupauthorizationerror',
        'sasl authentication error',
        'sasl authentication failed',
        'is not authorized to access this topic',
        'is not authorized to access this group',
        'client is not authorized to',
      ],
      sentence: 'The access list of Kafka does not allow this to the user, so the connection to it came about.',
      advice: [
        'Have the ACL for the topic, group or cluster operation added for that user of Kafka (kafka-acls), or present the right user.',
      ],
    },
    {
      words: [
        'policyviolationexception',
        'policy_violation',
        'throttling_quota_exceeded',
        'throttlingquotaexceededexception',
        'recordtoolargeexception',
        'message_too_large',
      ],
      never: ['guardrail', 'content_policy'],
      sentence: 'Kafka refused this by a policy or quota of its own brokers.',
      advice: ['Look at the settings of the brokers and of the topic.'],
    },
  ]),
  ...says({ category: 'negative', engine: 'elasticsearch' }, [
    {
      words: [
        'security_exception',
        'is unauthorized for user [',
        'is unauthorized for api key',
        'cluster_block_exception',
        'es_rejected_execution_exception',
        'circuit_breaking_exception',
        'flood-stage watermark',
        'flood stage disk watermark',
        'missing authentication credentials for rest request',
        'unable to authenticate user [',
      ],
      sentence: 'Elasticsearch or OpenSearch refused this itself: its users, its disk or its own limits.',
      advice: ['Look at the user and roles there, or at the disk and memory of its nodes.'],
    },
  ]),
  ...says({ category: 'negative', engine: 'vault' }, [
    {
      words: ['error making api request'],
      beside: ['/v1/'],
      never: ['connection refused', 'timeout'],
      sentence: 'Vault answered and refused: its own policies or login decide that, and no policy of the cluster.',
      advice: ['Look at the role that the workload logs in with, and at the policies of Vault that this role has.'],
    },
  ]),
  ...says({ category: 'negative', engine: 'store' }, [
    {
      words: [
        'access_refused',
        'org.apache.hadoop.security.accesscontrolexception',
        'is blocked because of many connection errors',
        'authorization violation',
        'permissions violation for',
        'ldap result code',
        'ldap: error code',
        'not_authorized',
        'has no select permission on',
        'has no modify permission on',
        'not enough privileges',
        'authenticationexception: authentication failed',
        'org.apache.zookeeper.keeperexception$noauth',
        'keepererrorcode = noauth',
        'too many simultaneous queries',
        'memory limit (total) exceeded',
        'memory limit (for query) exceeded',
      ],
      certainty: 'likely',
      sentence: 'A database or queue refused this itself, by its own users and limits.',
      advice: [credentials],
    },
    {
      words: ['too many connections'],
      certainty: 'likely',
      never: ['cx_max', 'upstream connect error', 'flood'],
      sentence: 'A server has as many connections as it takes; that is its own limit.',
      advice: ['Use fewer connections (a pool), or raise the limit of that server.'],
    },
  ]),
];
