/**
 * The edits of the demo: what an application does to a loaded document before it calls `save()`.
 */
import { neighbourOf } from './countries.mjs';

/**
 * @typedef {object} Edit
 * @property {string} title
 * @property {string} code the edit as the reader would write it
 * @property {string | string[]} country code of the document, or of the documents, that the edit is made on
 * @property {(doc: any, Model: import('mongoose').Model<any>) => unknown} edit makes the edit; the demo then calls
 *   `save()`, except for edits that save by themselves
 * @property {boolean} [saves] the edit saves by itself
 * @property {(stored: any, doc: any) => void} [intended] does to the stored document, a plain object, what the edit
 *   should do to it; left out, the edit changes nothing in the end. It is written independently of the edit, so that
 *   the demo does not check our objects against themselves.
 */

/** The body of a form: the document as the browser got it, without what the server keeps to itself. */
function formOf(doc) {
  const { _id, __v, createdAt, updatedAt, ...fields } = JSON.parse(JSON.stringify(doc));
  return fields;
}

const EURO_COUNTRIES = 'AUT BEL CYP DEU ESP EST FIN FRA GRC HRV IRL ITA LTU LUX LVA MLT NLD PRT SVK SVN'.split(' ');

/** @type {{ title: string, edits: Edit[] }[]} */
export const sections = [
  {
    title: 'Changed, then changed back',
    edits: [
      {
        title: 'Set a field and set it back',
        code: "doc.name.common = 'Turkey'; doc.name.common = 'Türkiye'",
        country: 'TUR',
        edit(doc) {
          doc.name.common = 'Turkey';
          doc.name.common = 'Türkiye';
        },
      },
      {
        title: 'Assign what is there already',
        code: 'doc.geo.area = 30528',
        country: 'BEL',
        edit(doc) {
          doc.geo.area = 30528;
        },
      },
      {
        title: 'Push and take back',
        code: "doc.tld.push('.example'); doc.tld.pop()",
        country: 'NZL',
        edit(doc) {
          doc.tld.push('.example');
          doc.tld.pop();
        },
      },
      {
        title: 'Reassign an equal array',
        code: 'doc.borders = [...doc.borders]',
        country: 'CHE',
        edit(doc) {
          doc.borders = [...doc.borders];
        },
      },
      {
        title: 'Sort what is sorted',
        code: 'doc.borders.sort()',
        country: 'POL',
        edit(doc) {
          doc.borders.sort();
        },
      },
      {
        title: 'Set a Map key and set it back',
        code: "doc.languages.set('swe', 'Svenska'); ….set('swe', 'Swedish')",
        country: 'FIN',
        edit(doc) {
          doc.languages.set('swe', 'Svenska');
          doc.languages.set('swe', 'Swedish');
        },
      },
      {
        title: 'A form comes back as it was',
        code: 'doc.set(req.body)',
        country: 'ZAF',
        edit(doc) {
          doc.set(formOf(doc));
        },
      },
    ],
  },
  {
    title: 'One value changed in something larger',
    edits: [
      {
        title: 'A form with one field changed',
        code: 'doc.set(req.body)',
        country: 'CZE',
        edit(doc) {
          const body = formOf(doc);
          body.name.common = 'Czech Republic';
          doc.set(body);
        },
        intended(stored) {
          stored.name.common = 'Czech Republic';
        },
      },
      {
        title: 'A nested object from a form',
        code: 'doc.geo = { ...req.body.geo, area: 30689 }',
        country: 'BEL',
        edit(doc) {
          doc.geo = { ...formOf(doc).geo, area: 30689 };
        },
        intended(stored) {
          stored.geo.area = 30689;
        },
      },
      {
        title: 'A subdocument from a form',
        code: "doc.idd = { ...req.body.idd, root: '1' }",
        country: 'CAN',
        edit(doc) {
          doc.idd = { ...formOf(doc).idd, root: '1' };
        },
        intended(stored) {
          stored.idd.root = '1';
        },
      },
      {
        title: 'One element of an array',
        code: 'doc.altSpellings = doc.altSpellings.map(…)',
        country: 'BOL',
        edit(doc) {
          doc.altSpellings = doc.altSpellings.map((name) => (name === 'Wuliwya' ? 'Wuliwya Suyu' : name));
        },
        intended(stored) {
          stored.altSpellings[2] = 'Wuliwya Suyu';
        },
      },
      {
        title: 'Append by reassigning',
        code: "doc.altSpellings = [...doc.altSpellings, 'Deutschland']",
        country: 'DEU',
        edit(doc) {
          doc.altSpellings = [...doc.altSpellings, 'Deutschland'];
        },
        intended(stored) {
          stored.altSpellings.push('Deutschland');
        },
      },
      {
        title: 'A document array from JSON',
        code: 'doc.neighbours = req.body.neighbours',
        country: 'FRA',
        edit(doc) {
          const body = formOf(doc);
          body.neighbours.find((neighbour) => neighbour.cca3 === 'ESP').distanceKm = 1054;
          doc.neighbours = body.neighbours;
        },
        intended(stored) {
          stored.neighbours[6].distanceKm = 1054;
        },
      },
      {
        title: 'Edit one element, append one',
        code: "doc.neighbours[1].capital = 'Brasilia'; ….push(ecuador)",
        country: 'BOL',
        edit(doc) {
          doc.neighbours[1].capital = 'Brasilia';
          doc.neighbours.push(neighbourOf('BOL', 'ECU'));
        },
        intended(stored, doc) {
          stored.neighbours[1].capital = 'Brasilia';
          // The new element's id is made in the application: it is the one value that has to come from there.
          stored.neighbours.push({ ...neighbourOf('BOL', 'ECU'), _id: doc.neighbours.at(-1)._id });
        },
      },
      {
        title: 'A Map of subdocuments from JSON',
        code: 'doc.translations = req.body.translations',
        country: 'SWZ',
        edit(doc) {
          const body = formOf(doc);
          body.translations.deu.common = 'Eswatini';
          doc.translations = body.translations;
        },
        intended(stored) {
          stored.translations.deu.common = 'Eswatini';
        },
      },
    ],
  },
  {
    title: 'Changed in place',
    edits: [
      {
        title: 'Mixed',
        code: "doc.demonyms.eng.f = 'Kiwi'",
        country: 'NZL',
        edit(doc) {
          doc.demonyms.eng.f = 'Kiwi';
        },
        intended(stored) {
          stored.demonyms.eng.f = 'Kiwi';
        },
      },
      {
        title: 'Mixed, and told so',
        code: "doc.demonyms.eng.m = 'Kiwi'; doc.markModified('demonyms')",
        country: 'NZL',
        edit(doc) {
          doc.demonyms.eng.m = 'Kiwi';
          doc.markModified('demonyms');
        },
        intended(stored) {
          stored.demonyms.eng.m = 'Kiwi';
        },
      },
      {
        title: 'A Date',
        code: 'doc.reviewedAt.setUTCFullYear(2026)',
        country: 'NOR',
        edit(doc) {
          doc.reviewedAt.setUTCFullYear(2026);
        },
        intended(stored) {
          stored.reviewedAt = new Date('2026-01-15T00:00:00Z');
        },
      },
      {
        title: "An array's length",
        code: 'doc.altSpellings.length = 3',
        country: 'NOR',
        edit(doc) {
          doc.altSpellings.length = 3;
        },
        intended(stored) {
          stored.altSpellings = ['NO', 'Norge', 'Noreg'];
        },
      },
    ],
  },
  {
    title: 'More than one save',
    edits: [
      {
        title: 'Save twice',
        code: "doc.capital[0] = 'Nur-Sultan'; await doc.save(); await doc.save()",
        country: 'KAZ',
        saves: true,
        async edit(doc) {
          doc.capital[0] = 'Nur-Sultan';
          await doc.save();
          await doc.save();
        },
        intended(stored) {
          stored.capital[0] = 'Nur-Sultan';
        },
      },
      {
        title: 'Save, change and change back, save',
        code: "….region = 'Asia'; save; ….region = 'Europe'; ….region = 'Asia'; save",
        country: 'CYP',
        saves: true,
        async edit(doc) {
          doc.geo.region = 'Asia';
          await doc.save();
          doc.geo.region = 'Europe';
          doc.geo.region = 'Asia';
          await doc.save();
        },
        intended(stored) {
          stored.geo.region = 'Asia';
        },
      },
      {
        title: 'bulkSave of 20, one of them changed',
        code: 'for (…) doc.currencies = rows[i].currencies',
        country: EURO_COUNTRIES,
        saves: true,
        async edit(docs, Model) {
          for (const doc of docs) {
            const { currencies } = formOf(doc);
            if (doc.cca3 === 'HRV') currencies.EUR.symbol = 'EUR';
            doc.currencies = currencies;
          }
          await Model.bulkSave(docs);
        },
        intended(stored) {
          if (stored.cca3 === 'HRV') stored.currencies.EUR.symbol = 'EUR';
        },
      },
    ],
  },
  {
    title: 'As small as it can be without the plugin',
    edits: [
      {
        title: 'Set one field',
        code: "doc.name.common = 'Cabo Verde'",
        country: 'CPV',
        edit(doc) {
          doc.name.common = 'Cabo Verde';
        },
        intended(stored) {
          stored.name.common = 'Cabo Verde';
        },
      },
      {
        title: 'Push one element',
        code: "doc.altSpellings.push('Helvetia')",
        country: 'CHE',
        edit(doc) {
          doc.altSpellings.push('Helvetia');
        },
        intended(stored) {
          stored.altSpellings.push('Helvetia');
        },
      },
      {
        title: 'Remove a field',
        code: 'doc.cioc = undefined',
        country: 'PER',
        edit(doc) {
          doc.cioc = undefined;
        },
        intended(stored) {
          delete stored.cioc;
        },
      },
      {
        title: 'Drop an element from the middle',
        code: "doc.altSpellings = doc.altSpellings.filter((name) => name !== 'Norge')",
        country: 'NOR',
        edit(doc) {
          doc.altSpellings = doc.altSpellings.filter((name) => name !== 'Norge');
        },
        intended(stored) {
          stored.altSpellings.splice(1, 1);
        },
      },
    ],
  },
];
