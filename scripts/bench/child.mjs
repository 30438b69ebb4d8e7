// A process of the bench that does what it is asked: the load generator, the floors.
import { fork } from 'node:child_process';
import { once } from 'node:events';

export class Child {
  #process;
  #waiting = new Map();
  #serial = 0;

  constructor(file) {
    this.#process = fork(file, { serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] });
    this.#process.on('message', ({ serial, error, result }) => {
      const { resolve, reject } = this.#waiting.get(serial);
      this.#waiting.delete(serial);
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    });
    this.#process.once('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${file} ended with ${signal ?? code}`));
    });
  }

  get pid() {
    return this.#process.pid;
  }

  ask(what, question = {}) {
    const serial = ++this.#serial;
    return new Promise((resolve, reject) => {
      this.#waiting.set(serial, { resolve, reject });
      this.#process.send({ serial, what, question });
    });
  }

  async end() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await exited;
  }
}

/** In the child: answers each question with what its function returns. The child ends with its parent. */
export function answer(functions) {
  process.on('message', async ({ serial, what, question }) => {
    try {
      process.send({ serial, result: await functions[what](question) });
    } catch (error) {
      process.send({ serial, error: error.stack });
    }
  });
  process.once('disconnect', () => process.exit());
}
