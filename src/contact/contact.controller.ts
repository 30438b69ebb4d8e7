import { Controller } from '@nestjs/common';
import { RabbitPayload } from '@golevelup/nestjs-rabbitmq';
import { RpcRoute } from '../platform/messaging/requests/rpc-route.decorator';
import { ContactsDto, type ContactReply } from './contact.dto';
import { ContactService } from './contact.service';

@Controller()
export class ContactController {
  constructor(private readonly contacts: ContactService) {}

  @RpcRoute('GET', '/v1/contacts', 'any')
  list(@RabbitPayload() request: ContactsDto): Promise<ContactReply[]> {
    return this.contacts.list(request);
  }

  @RpcRoute('PUT', '/v1/contacts', 'any')
  refresh(@RabbitPayload() request: ContactsDto): Promise<void> {
    return this.contacts.refresh(request);
  }
}
