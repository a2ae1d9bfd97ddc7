/** The files that the components of a control plane read and write beside their own data. */
import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

export interface Files {
  readonly ca: string;
  readonly publicKey: string;
  readonly privateKey: string;
  readonly tokens: string;
  readonly auditPolicy: string;
  readonly auditLog: string;
  readonly adminToken: string;
  readonly controllerManagerToken: string;
}

/**
 * Everything at level Metadata: who asked for what and what was answered is all the evidence that is needed, and the
 * bodies of the higher levels would be serialized a second time by the process whose CPU the benchmarks share.
 */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

/** Writes what the components need to start. A folder used before keeps its keys, so tokens signed then stay valid. */
export async function writeFiles(folder: string, auditLog: string | undefined): Promise<Files> {
  const files = {
    ca: join(folder, 'ca.crt'),
    publicKey: join(folder, 'service-account.pub'),
    privateKey: join(folder, 'service-account.key'),
    tokens: join(folder, 'tokens.csv'),
    auditPolicy: join(folder, 'audit-policy.yaml'),
    auditLog: auditLog ?? (await newAuditLog(folder)),
    adminToken: randomBytes(24).toString('base64url'),
    controllerManagerToken: randomBytes(24).toString('base64url'),
  };
  if (!existsSync(files.privateKey)) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(files.publicKey, publicKey.export({ type: 'spki', format: 'pem' }));
    await writeFile(files.privateKey, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  const tokens = [
    `${files.adminToken},admin,admin,"system:masters"`,
    // A user of its own, so that the audit log tells the controllers apart from the administrator.
    `${files.controllerManagerToken},system:kube-controller-manager,controller-manager`,
  ];
  await writeFile(files.tokens, `${tokens.join('\n')}\n`, { mode: 0o600 });
  await writeFile(files.auditPolicy, stringify(auditPolicy));
  return files;
}

/**
 * Takes the certificate authority out of the file that kube-apiserver makes for itself (--cert-dir): its own
 * certificate, then the one that signed it, whose key it throws away. Rejects while the file is not complete.
 */
export async function writeCa(apiserverCertificate: string, path: string): Promise<void> {
  if (existsSync(path)) return;
  const pem = await readFile(apiserverCertificate, 'utf8');
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n/g) ?? [];
  const authority = certificates.find((certificate) => new X509Certificate(certificate).ca);
  if (authority === undefined) throw new Error(`${apiserverCertificate} holds no certificate authority yet`);
  await writeFile(`${path}.partial`, authority);
  await rename(`${path}.partial`, path);
}

/** Writes a kubeconfig file with a token in it, readable by its owner alone; returns the path. */
export async function writeKubeconfig(
  path: string,
  user: { readonly name: string; readonly token: string; readonly server: string; readonly caFile: string },
): Promise<string> {
  const ca = await readFile(user.caFile);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'potoo', cluster: { server: user.server, 'certificate-authority-data': ca.toString('base64') } },
    ],
    users: [{ name: user.name, user: { token: user.token } }],
    contexts: [{ name: user.name, context: { cluster: 'potoo', user: user.name } }],
    'current-context': user.name,
  };
  await writeFile(path, stringify(config, { lineWidth: 0 }), { mode: 0o600 });
  return path;
}

/** In the folder of a test run, where the tests that read all audit logs find it; else beside the other files. */
async function newAuditLog(folder: string): Promise<string> {
  const run = process.env['POTOO_E2E_RUN_FOLDER'];
  if (run === undefined) return join(folder, 'audit.log');
  for (let number = 1; ; number += 1) {
    const path = join(run, `audit-${number}.log`);
    try {
      await (await open(path, 'wx')).close(); // exclusive: several test workers count in the same folder
      return path;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}
