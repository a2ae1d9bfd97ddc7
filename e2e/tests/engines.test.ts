import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdminError, apply, at, list, remove } from '../control-plane/admin.ts';
import { type Differences, differenceText, oracleOf } from '../oracle-differences.ts';
import { type Cluster, clusterReportPath, eventually, startCluster } from './cluster.ts';
import { engineKinds } from './engine-kinds.ts';

// Every engine at once, from the cases alone: what they impose is in the reports, and nothing is left when they go.

const { definitions, objects, namespaces } = engineKinds();
let cluster: Cluster;
let differences: Differences;

beforeAll(async () => {
  cluster = await startCluster();
  differences = await oracleOf(cluster.controlPlane);
  await cluster.startOperator();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

/** Reports follow within moments; the comparison is looked at again until it holds. */
async function expectRight(): Promise<void> {
  const isRight = async () => (await differences()).length === 0;
  await eventually('everything says what the oracle says', isRight).catch(async () =>
    expect((await differences()).map(differenceText)).toEqual([]),
  );
}

test('the policies of every engine are in the reports as soon as there are any, and go with their kinds', async () => {
  expect(definitions.length).toBeGreaterThan(0);
  const places = [...namespaces, 'labelled'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { team: 'a', environment: 'production' } },
  }));
  await apply(cluster.controlPlane, [...places, ...definitions]);
  await expectRight();

  const refused: string[] = [];
  const waiting = objects.values();
  const applyInTurn = async () => {
    for (const object of waiting) {
      try {
        await apply(cluster.controlPlane, [object]);
      } catch (error) {
        // Cases have objects that only a careless definition lets in; what every API server checks is not among that.
        if (!(error instanceof AdminError && error.status < 500)) throw error;
        refused.push(error.message);
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, applyInTurn));
  expect(refused.length).toBeLessThan(objects.length / 10);
  await expectRight();
  const report = await list(cluster.controlPlane, clusterReportPath.replace(/\/[^/]*$/, ''));
  expect(Number(at(report, 0, 'status', 'constraints'))).toBeGreaterThan(objects.length / 3);

  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const names = definitions.map((definition) => String(at(definition, 'metadata', 'name')));
  for (const name of names) await remove(cluster.controlPlane, `${path}/${name}`);
  await eventually('no definition is left', async () => {
    const left = await list(cluster.controlPlane, path);
    return !left.some(({ metadata }) => names.includes(metadata.name));
  });
  await expectRight();
});
