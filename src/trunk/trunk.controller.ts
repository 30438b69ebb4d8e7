import { Controller, UseInterceptors } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { listRequest } from '../platform/wire/list-request';
import { CreateAdmission } from '../platform/messaging/requests/create-admission';
import { PathParam, Query, RpcRoute } from '../platform/messaging/requests/routes';
import type { JsonNode } from '../platform/wire/go-json';
import { CountTrunksDto, CreateTrunkDto, TRUNK_FILTERS, UpdateTrunkDto, type TrunkReply } from './trunk.dto';
import { TrunkIdPipe } from './trunk-id.pipe';
import { TrunkReader } from './trunk.reader';
import { TrunkWriter } from './trunk.writer';

@Controller()
export class TrunkController {
  constructor(
    private readonly reader: TrunkReader,
    private readonly writer: TrunkWriter,
  ) {}

  @RpcRoute('GET', '/v1/trunks/count_by_customer')
  count(@Payload() { customerId }: CountTrunksDto): Promise<{ count: number }> {
    return this.reader.count(customerId);
  }

  @RpcRoute('GET', '/v1/trunks', 'required')
  list(@Query() query: ReadonlyMap<string, string>, @Payload() filters?: JsonNode): Promise<TrunkReply[]> {
    return this.reader.list(listRequest(query, filters, TRUNK_FILTERS));
  }

  @RpcRoute('POST', '/v1/trunks')
  @UseInterceptors(CreateAdmission)
  create(@Payload() request: CreateTrunkDto): Promise<TrunkReply> {
    return this.writer.create(request);
  }

  @RpcRoute('GET', '/v1/trunks/<trunk-id>')
  get(@PathParam('trunk', TrunkIdPipe) id: string): Promise<TrunkReply> {
    return this.reader.get(id);
  }

  @RpcRoute('PUT', '/v1/trunks/<trunk-id>')
  update(@PathParam('trunk', TrunkIdPipe) id: string, @Payload() request: UpdateTrunkDto): Promise<TrunkReply> {
    return this.writer.update(id, request);
  }

  @RpcRoute('DELETE', '/v1/trunks/<trunk-id>')
  delete(@PathParam('trunk', TrunkIdPipe) id: string): Promise<TrunkReply> {
    return this.writer.delete(id);
  }

  @RpcRoute('GET', '/v1/trunks/domain_name/<domain-name...>', 'any')
  getByDomain(@PathParam('rest') domainName: string): Promise<TrunkReply> {
    return this.reader.getByDomain(domainName);
  }
}
