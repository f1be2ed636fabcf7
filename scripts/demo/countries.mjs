/**
 * The data of the demo: the country documents of the npm package `world-countries`, in a schema as one would write
 * it for them, and the two models that the demo compares.
 */
import mongoose from 'mongoose';
import countries from 'world-countries';

const { Schema, Types } = mongoose;

const EARTH_RADIUS_KM = 6371;

const byCode = new Map(countries.map((country) => [country.cca3, country]));

/**
 * A new schema on every call, child schemas included: a plugin also instruments the child schemas, so the two models
 * must not share any.
 */
export function countrySchema() {
  const name = new Schema({ official: String, common: String }, { _id: false });
  const currency = new Schema({ name: String, symbol: String }, { _id: false });
  const dialling = new Schema({ root: String, suffixes: [String] }, { _id: false });
  const neighbour = new Schema({ cca3: String, name: String, capital: String, distanceKm: Number });

  return new Schema(
    {
      cca3: { type: String, required: true, unique: true },
      cca2: String,
      cioc: String,
      independent: Boolean,
      name: { common: String, official: String, native: { type: Map, of: name } },
      geo: { region: String, subregion: String, latlng: [Number], landlocked: Boolean, area: Number },
      tld: [String],
      capital: [String],
      altSpellings: [String],
      borders: [String],
      idd: dialling,
      currencies: { type: Map, of: currency },
      languages: { type: Map, of: String },
      translations: { type: Map, of: name },
      neighbours: [neighbour],
      demonyms: Schema.Types.Mixed,
      reviewedAt: Date,
    },
    { timestamps: true },
  );
}

/**
 * @param {import('mongoose').Connection} connection
 * @param {((schema: import('mongoose').Schema) => void) | null} plugin null: both models are plain Mongoose
 */
export function countryModels(connection, plugin) {
  const tracked = countrySchema();
  if (plugin) tracked.plugin(plugin);

  // The two collection names are of the same length, because a command carries its collection's name.
  return {
    plain: connection.model('PlainCountry', countrySchema(), 'countries_mongoose'),
    tracked: connection.model('TrackedCountry', tracked, 'countries_tracking'),
  };
}

/** Great-circle distance between the centres of two countries. */
function distanceKm(from, to) {
  const [lat1, lng1, lat2, lng2] = [...from.latlng, ...to.latlng].map((degrees) => (degrees * Math.PI) / 180);
  const haversine =
    Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin((lng2 - lng1) / 2) ** 2;
  return Math.round(2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(haversine)));
}

/**
 * What a country document holds about another country.
 *
 * @param {string} from code of the country that the document is about
 * @param {string} to code of the other country
 */
export function neighbourOf(from, to) {
  const other = byCode.get(to);
  return {
    cca3: other.cca3,
    name: other.name.common,
    capital: other.capital[0],
    distanceKm: distanceKm(byCode.get(from), other),
  };
}

/** The documents to insert. They have their ids already, so that both collections hold the same documents. */
export function countryDocuments() {
  return countries.map((country) => ({
    _id: new Types.ObjectId(),
    cca3: country.cca3,
    cca2: country.cca2,
    cioc: country.cioc,
    independent: country.independent,
    name: country.name,
    geo: {
      region: country.region,
      subregion: country.subregion,
      latlng: country.latlng,
      landlocked: country.landlocked,
      area: country.area,
    },
    tld: country.tld,
    capital: country.capital,
    altSpellings: country.altSpellings,
    borders: country.borders,
    idd: country.idd,
    currencies: country.currencies,
    languages: country.languages,
    translations: country.translations,
    neighbours: country.borders.map((code) => ({ _id: new Types.ObjectId(), ...neighbourOf(country.cca3, code) })),
    demonyms: country.demonyms,
    reviewedAt: new Date('2025-01-15T00:00:00Z'),
  }));
}
