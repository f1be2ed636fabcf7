// The plugin in the hands of NestJS and Typegoose, without a cast. Read by the compiler only.
import { MongooseModule, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { getModelForClass, plugin, prop } from '@typegoose/typegoose';
import type { DocumentType, Ref } from '@typegoose/typegoose';
import type { Connection, HydratedDocument, Model } from 'mongoose';
import cowTracking, { trackerOf } from 'mongoose-cow-tracking';
import type { CowTracked, CowTrackingOptions } from 'mongoose-cow-tracking';
import { exactly } from './exactly';

// --- NestJS ---
@Schema()
class Cat {
  @Prop({ type: String, required: true }) name!: string;
  @Prop({ type: Number }) age?: number;
}
const CatSchema = SchemaFactory.createForClass(Cat);
CatSchema.plugin(cowTracking);
CatSchema.plugin(cowTracking, { cleanSave: 'check', onSaved: (record, doc) => void [record.changes, doc] });
// @ts-expect-error -- not one of the two
CatSchema.plugin(cowTracking, { cleanSave: 'always' });
MongooseModule.forFeatureAsync([
  {
    name: Cat.name,
    useFactory: () => {
      CatSchema.plugin(cowTracking, { exclude: ['age'] } satisfies CowTrackingOptions<Cat>);
      return CatSchema;
    },
  },
]);
MongooseModule.forRoot('mongodb://localhost/cats', {
  connectionFactory: (connection: Connection) => connection.plugin(cowTracking),
});
type CatDocument = HydratedDocument<Cat> & CowTracked<Cat>;
declare const cats: Model<Cat>;
declare const cat: CatDocument;
exactly<string>()(cat.$tracker.original('name'));
// @ts-expect-error -- misspelt
cat.$tracker.isModified('nmae');
export async function rename(): Promise<void> {
  const found = await cats.findOne().orFail();
  exactly<number | undefined>()(trackerOf(found).original('age'));
  // @ts-expect-error -- misspelt
  trackerOf(found).isModified('nmae');
}

// --- Typegoose ---
class Address {
  @prop({ type: String }) public city?: string;
}
@plugin(cowTracking)
@plugin(cowTracking, { cleanSave: 'check' })
class Person {
  @prop({ type: String, required: true }) public name!: string;
  @prop({ type: () => Address, _id: false }) public address?: Address;
  @prop({ type: () => [Address] }) public homes!: Address[];
  @prop({ ref: () => Person }) public boss?: Ref<Person>;
  public greet(this: DocumentType<Person>): string {
    return trackerOf(this).isModified('name') ? 'new here' : 'hello';
  }
}
const People = getModelForClass(Person);
const person = new People();
exactly<string>()(trackerOf(person).original('name'));
exactly<string | undefined>()(trackerOf(person).original('homes.0.city'));
trackerOf(person).isModified(['address.city', 'boss']);
// @ts-expect-error -- misspelt
trackerOf(person).isModified('address.town');
// @ts-expect-error -- a method
trackerOf(person).isModified('greet');
declare const tracked: DocumentType<Person> & CowTracked<Person>;
exactly<string | undefined>()(tracked.$tracker.original('address.city'));
