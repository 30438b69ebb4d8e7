import { Injectable } from '@nestjs/common';
import { Config } from '../platform/config/config';
import { ServiceError, unavailable } from '../platform/errors/service-error';
import { RpcClient, UpstreamStatusError, type OutboundCall } from '../platform/messaging/peers/rpc-client';
import { DIRECT_QUEUE } from '../platform/messaging/topology';
import { runDetached } from '../platform/observability/request-context';
import { ZERO_UUID, parseUuid } from '../platform/wire/go-uuid';

/** A hash by which an extension can be dialled directly. */
export interface Direct {
  readonly id: string;
  readonly hash: string;
}

const NONE: Direct = { id: ZERO_UUID, hash: '' };

/** Calls direct-manager, which owns the hashes. */
@Injectable()
export class DirectClient {
  constructor(
    private readonly config: Config,
    private readonly rpc: RpcClient,
  ) {}

  /** Returns the zero uuid and an empty hash when direct hashes are switched off. */
  async create(customerId: string, extensionId: string): Promise<Direct> {
    if (!this.config.directHash) return NONE;
    const body = { customer_id: customerId, resource_type: 'extension', resource_id: extensionId };
    return toDirect(await this.call({ method: 'POST', uri: '/v1/directs', body }));
  }

  /**
   * Gets a new hash for the direct, or a new direct when direct-manager answers with a plain error, as for a direct
   * that is gone. Throws `FAILED_PRECONDITION` when direct hashes are switched off.
   */
  async regenerate(customerId: string, extensionId: string, directId: string): Promise<Direct> {
    if (!this.config.directHash) throw directHashOff();
    if (directId === ZERO_UUID) return this.create(customerId, extensionId);
    try {
      return toDirect(await this.request({ method: 'POST', uri: `/v1/directs/${directId}/regenerate` }));
    } catch (error) {
      if (error instanceof UpstreamStatusError) return this.create(customerId, extensionId);
      throw error;
    }
  }

  /** Runs outside the deadline of the request: it often undoes a create that has used up that time. */
  async delete(directId: string): Promise<void> {
    if (!this.config.directHash || directId === ZERO_UUID) return;
    await runDetached(() => this.call({ method: 'DELETE', uri: `/v1/directs/${directId}` }));
  }

  private async call(call: Pick<OutboundCall, 'method' | 'uri' | 'body'>): Promise<unknown> {
    try {
      return await this.request(call);
    } catch (error) {
      if (error instanceof UpstreamStatusError) throw unavailable('direct-manager', error);
      throw error;
    }
  }

  private request(call: Pick<OutboundCall, 'method' | 'uri' | 'body'>): Promise<unknown> {
    return this.rpc.call({ queue: DIRECT_QUEUE, resource: 'direct/directs', ...call });
  }
}

function toDirect(data: unknown): Direct {
  const { id, hash } = (data ?? {}) as { id?: unknown; hash?: unknown };
  return {
    id: (typeof id === 'string' && parseUuid(id)) || ZERO_UUID,
    hash: typeof hash === 'string' ? hash : '',
  };
}

function directHashOff(): ServiceError {
  return new ServiceError('FAILED_PRECONDITION', 'DIRECT_HASH_DISABLED', 'Direct hashes are switched off here.');
}
