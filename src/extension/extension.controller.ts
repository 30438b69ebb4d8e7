import { Controller, UseInterceptors } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { listRequest } from '../platform/wire/list-request';
import { CreateAdmission } from '../platform/messaging/requests/create-admission';
import { PathParam, Query, RpcRoute } from '../platform/messaging/requests/routes';
import type { JsonNode } from '../platform/wire/go-json';
import {
  CountByCustomerDto,
  CreateExtensionDto,
  EXTENSION_FILTERS,
  FindExtensionDto,
  UpdateExtensionDto,
  type ExtensionReply,
} from './extension.dto';
import { ExtensionReader } from './extension.reader';
import { ExtensionWriter } from './extension.writer';

@Controller()
export class ExtensionController {
  constructor(
    private readonly reader: ExtensionReader,
    private readonly writer: ExtensionWriter,
  ) {}

  @RpcRoute('GET', '/v1/extensions/count_by_customer')
  count(@Payload() { customerId }: CountByCustomerDto): Promise<{ count: number }> {
    return this.reader.count(customerId);
  }

  @RpcRoute('POST', '/v1/extensions/<extension-id>/direct-hash-regenerate')
  regenerateDirectHash(@PathParam('extension') id: string): Promise<ExtensionReply> {
    return this.writer.regenerateDirectHash(id);
  }

  @RpcRoute('GET', '/v1/extensions/<extension-id>')
  get(@PathParam('extension') id: string): Promise<ExtensionReply> {
    return this.reader.get(id);
  }

  @RpcRoute('PUT', '/v1/extensions/<extension-id>')
  update(@PathParam('extension') id: string, @Payload() request: UpdateExtensionDto): Promise<ExtensionReply> {
    return this.writer.update(id, request);
  }

  @RpcRoute('DELETE', '/v1/extensions/<extension-id>')
  delete(@PathParam('extension') id: string): Promise<ExtensionReply> {
    return this.writer.delete(id);
  }

  @RpcRoute('POST', '/v1/extensions')
  @UseInterceptors(CreateAdmission)
  create(@Payload() request: CreateExtensionDto): Promise<ExtensionReply> {
    return this.writer.create(request);
  }

  @RpcRoute('GET', '/v1/extensions', 'required')
  list(@Query() query: ReadonlyMap<string, string>, @Payload() filters?: JsonNode): Promise<ExtensionReply[]> {
    return this.reader.list(listRequest(query, filters, EXTENSION_FILTERS));
  }

  @RpcRoute('GET', '/v1/extensions/extension/<extension...>', 'any')
  getByNumber(@PathParam('rest') extension: string, @Payload() filter: FindExtensionDto): Promise<ExtensionReply> {
    return this.reader.getByNumber(extension, filter);
  }
}
