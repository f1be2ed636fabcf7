// A way to the server that loses messages: what a fail point cannot do is to run a command and to lose its answer.
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { serverUri } from './db';

type Fault =
  /** The command never arrives. */
  | { readonly kind: 'drop request' }
  /** The command is run, and nobody hears of it. */
  | { readonly kind: 'drop answer'; readonly vanish?: boolean }
  /** The command is run, and its answer waits until then. */
  | { readonly kind: 'hold answer'; readonly until: Promise<unknown>; readonly arrived: () => void };

interface Rule {
  readonly command: string;
  readonly fault: Fault;
  times: number;
}

const HEADER = 16;
/** Behind the header: flag bits, the kind of the first section, and the length and first type byte of its document. */
const FIRST_KEY = HEADER + 4 + 1 + 4 + 1;
const OP_MSG = 2013;

export class Proxy {
  private readonly sockets = new Set<Socket>();
  private rules: Rule[] = [];
  private gone = false;
  /** Commands that met a fault, in order. */
  readonly met: string[] = [];

  private constructor(
    private readonly server: Server,
    readonly uri: string,
  ) {}

  /** In front of the server of the run, or of another one. */
  static async start(target = serverUri()): Promise<Proxy> {
    const url = new URL(target);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const own = new URL(target);
    own.hostname = '127.0.0.1';
    own.port = String((server.address() as AddressInfo).port);
    // Else the driver would ask the server where it lives, and go past the proxy.
    own.searchParams.delete('replicaSet');
    own.searchParams.set('directConnection', 'true');
    const proxy = new Proxy(server, own.href);
    server.on('connection', (client) => {
      if (proxy.gone) client.destroy();
      else proxy.relay(client, connect(Number(url.port || 27017), url.hostname));
    });
    return proxy;
  }

  /** The next `times` commands of this name are lost on their way. */
  dropRequests(command: string, times = 1): void {
    this.rules.push({ command, fault: { kind: 'drop request' }, times });
  }

  /** The next `times` commands of this name are run, and the connection breaks instead of an answer. */
  dropAnswers(command: string, times = 1): void {
    this.rules.push({ command, fault: { kind: 'drop answer' }, times });
  }

  /** The next command of this name is run, and then nobody answers any more, until `heal()`. */
  vanishAfter(command: string): void {
    this.rules.push({ command, fault: { kind: 'drop answer', vanish: true }, times: 1 });
  }

  /** The next command of this name is run, and its answer waits for `release`. */
  holdAnswer(command: string): { readonly arrived: Promise<void>; release(): void } {
    let release = (): void => undefined;
    let arrived = (): void => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    this.rules.push({ command, fault: { kind: 'hold answer', until, arrived }, times: 1 });
    return { arrived: arrival, release };
  }

  /** No more faults. */
  heal(): void {
    this.rules = [];
    this.gone = false;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private vanish(): void {
    this.gone = true;
    for (const socket of this.sockets) socket.destroy();
  }

  private relay(client: Socket, server: Socket): void {
    const waiting = new Map<number, Fault>();
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        this.sockets.delete(socket);
        end();
      });
    }
    onMessage(client, (message) => {
      const fault = this.faultOf(message);
      if (fault?.kind === 'drop request') {
        end();
        return;
      }
      if (fault !== undefined) waiting.set(message.readInt32LE(4), fault);
      server.write(message);
    });
    onMessage(server, (message) => {
      const fault = waiting.get(message.readInt32LE(8));
      if (fault === undefined) client.write(message);
      else if (fault.kind === 'hold answer') {
        fault.arrived();
        void fault.until.then(() => client.write(message));
      } else {
        if (fault.kind === 'drop answer' && fault.vanish === true) this.vanish();
        end();
      }
    });
  }

  private faultOf(message: Buffer): Fault | undefined {
    if (message.readInt32LE(12) !== OP_MSG) return undefined;
    const command = message.toString('utf8', FIRST_KEY, message.indexOf(0, FIRST_KEY));
    const rule = this.rules.find((one) => one.command === command && one.times > 0);
    if (rule === undefined) return undefined;
    rule.times -= 1;
    this.met.push(command);
    return rule.fault;
  }
}

/** Whole messages of MongoDB's wire protocol; each starts with its length. */
function onMessage(socket: Socket, use: (message: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER && rest.length >= rest.readInt32LE(0)) {
      const length = rest.readInt32LE(0);
      use(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  });
}
