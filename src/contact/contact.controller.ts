import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { RpcRoute } from '../platform/messaging/requests/routes';
import { ContactsDto, type ContactReply } from './contact.dto';
import { ContactService } from './contact.service';

@Controller()
export class ContactController {
  constructor(private readonly contacts: ContactService) {}

  @RpcRoute('GET', '/v1/contacts', 'any')
  list(@Payload() request: ContactsDto): Promise<ContactReply[]> {
    return this.contacts.list(request);
  }

  @RpcRoute('PUT', '/v1/contacts', 'any')
  refresh(@Payload() request: ContactsDto): Promise<void> {
    return this.contacts.refresh(request);
  }
}
