/**
 * The operator as a process: it starts once and stops once. @dot-i/k8s-operator gives the shape, start() and init(); what the
 * base class does over the network is replaced, because on client-node 2 its watches end the process on a quiet minute and
 * on stop(), and its status calls lose every error.
 */
import OperatorModule, { type OperatorLogger } from '@dot-i/k8s-operator';

export class OperatorLifecycle extends OperatorModule.default {
  readonly #run: (running: AsyncDisposableStack) => Promise<void>;
  readonly #running = new AsyncDisposableStack();

  /** `run` starts everything and leaves what has to be stopped on the stack, the last one first to go. */
  constructor(logger: OperatorLogger, run: (running: AsyncDisposableStack) => Promise<void>) {
    super(logger);
    this.#run = run;
  }

  protected override async init(): Promise<void> {
    try {
      await using started = new AsyncDisposableStack();
      await this.#run(started);
      // Stopped while it started: what has started by now goes the same way.
      if (this.#running.disposed) return;
      this.#running.use(started.move());
    } catch (error) {
      await this.#running.disposeAsync();
      throw error;
    }
  }

  /** Resolves when everything has stopped; the base class has nothing of its own to stop. */
  async stopAll(): Promise<void> {
    await this.#running.disposeAsync();
  }

  override stop(): void {
    this.stopAll().catch((error: unknown) => this.logger.error(`stop: ${String(error)}`));
  }

  /** Watches are Reflectors (discovery/watches.ts). */
  protected override watchResource(): Promise<void> {
    return Promise.reject(new Error('watchResource of the base class is not used: start a Reflector'));
  }

  /** Definitions come with the chart; the operator has no right to make any. */
  protected override registerCustomResourceDefinition(): Promise<never> {
    return Promise.reject(new Error('the operator creates no CustomResourceDefinition: apply crds/yaml'));
  }

  protected override setResourceStatus(): Promise<never> {
    return Promise.reject(new Error('setResourceStatus of the base class is not used: see reports/publish.ts'));
  }

  protected override patchResourceStatus(): Promise<never> {
    return Promise.reject(new Error('patchResourceStatus of the base class is not used: see reports/publish.ts'));
  }

  protected override setResourceFinalizers(): Promise<void> {
    return Promise.reject(new Error('the operator sets no finalizers'));
  }
}
