import { Schema } from 'mongoose';
import type { Doc } from '../helpers/documents';
import { useDocuments } from '../helpers/use-documents';
const documents = useDocuments();
it('x', async () => {
  const M = await documents.model(new Schema<Doc>({ tags: [String] }));
  const doc = await documents.load(M, { tags: ['x'] });
  doc.tags.push('y');
  const client = documents.connection.getClient();
  client.once('commandStarted', () => {
    doc.tags.push('z');
  });
  await M.bulkSave([doc]);
  console.log(JSON.stringify(await documents.save(doc)));
});
