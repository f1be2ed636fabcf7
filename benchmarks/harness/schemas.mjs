/**
 * The documents that are measured. `schema()` gives a new schema on every call, as plugins change what they are given;
 * `raw()` a new document as the driver would hand it over.
 */
import mongoose from 'mongoose';
import { countryDocuments, countrySchema } from '../../scripts/demo/countries.mjs';

const { Schema, Types } = mongoose;
const { BSON } = mongoose.mongo;

/**
 * @typedef {object} Kind
 * @property {string} title
 * @property {() => import('mongoose').Schema} schema
 * @property {() => Record<string, any>} raw
 */

/**
 * Documents as the driver makes them, from BSON: V8 lays objects out by the way they were built.
 *
 * @param {() => Record<string, any>[]} make called once; its documents are handed out in turn
 */
function read(make) {
  let stored;
  let next = 0;
  return () => {
    stored ??= make().map((document) => BSON.serialize({ __v: 0, ...document }));
    return BSON.deserialize(stored[next++ % stored.length]);
  };
}

/** Strings, numbers, booleans and ObjectIds in turn. */
export function flat(fields) {
  const types = [String, Number, Boolean, Schema.Types.ObjectId];
  const valueOf = (i) => [`value ${i}`, i * 1.5, i % 8 === 2, new Types.ObjectId()][i % 4];
  const each = (valueFor) => Object.fromEntries(Array.from({ length: fields }, (_, i) => [`field${i}`, valueFor(i)]));
  return {
    title: `${fields} fields`,
    schema: () => new Schema(each((i) => types[i % 4])),
    raw: read(() => [{ _id: new Types.ObjectId(), ...each(valueOf) }]),
  };
}

/** An account as applications have it, of about 2 KB. */
export const account = {
  title: 'an account, 2 KB',
  schema: () =>
    new Schema(
      {
        email: { type: String, required: true },
        name: { first: String, last: String },
        address: { street: String, city: String, postcode: String, country: String },
        roles: [String],
        settings: Schema.Types.Mixed,
        labels: { type: Map, of: String },
        devices: [new Schema({ name: String, agent: String, lastSeen: Date, trusted: Boolean })],
        organisation: Schema.Types.ObjectId,
        balance: Number,
        born: Date,
        active: Boolean,
      },
      { timestamps: true },
    ),
  raw: read(() => [
    {
      _id: new Types.ObjectId(),
      email: 'ada.lovelace@example.org',
      name: { first: 'Ada', last: 'Lovelace' },
      address: { street: '12 St James Square', city: 'London', postcode: 'SW1Y 4JH', country: 'GB' },
      roles: ['author', 'reviewer', 'admin'],
      settings: {
        theme: 'dark',
        language: 'en',
        mail: { weekly: true, mentions: true, digest: { hour: 7, zone: 'Europe/London' } },
        shortcuts: { save: 'ctrl+s', find: 'ctrl+f', close: 'ctrl+w' },
      },
      labels: { team: 'engines', floor: '3', plan: 'pro' },
      devices: Array.from({ length: 8 }, (_, i) => ({
        _id: new Types.ObjectId(),
        name: `device ${i}`,
        agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
        lastSeen: new Date(Date.UTC(2026, i, 1)),
        trusted: i % 2 === 0,
      })),
      organisation: new Types.ObjectId(),
      balance: 1815.5,
      born: new Date(Date.UTC(1815, 11, 10)),
      active: true,
      createdAt: new Date(Date.UTC(2026, 0, 1)),
      updatedAt: new Date(Date.UTC(2026, 0, 2)),
    },
  ]),
};

/** An order with subdocuments for its lines. */
export function order(lines) {
  return {
    title: `an order of ${lines.toLocaleString('en-US')} lines`,
    schema: () =>
      new Schema({
        number: String,
        customer: { name: String, city: String },
        lines: [new Schema({ sku: String, title: String, quantity: Number, price: Number })],
      }),
    raw: read(() => [
      {
        _id: new Types.ObjectId(),
        number: '2026-0001',
        customer: { name: 'Ada', city: 'London' },
        lines: Array.from({ length: lines }, (_, i) => ({
          _id: new Types.ObjectId(),
          sku: `sku-${i}`,
          title: `article number ${i}`,
          quantity: i % 7,
          price: i * 0.25,
        })),
      },
    ]),
  };
}

/** A tree of objects with `branches` of 10 leaves: about 280 bytes a branch. */
export function tree(branches) {
  const branch = (i) => ({
    title: `branch number ${i}`,
    note: 'some words about this branch',
    tags: ['red', 'green', 'blue'],
    size: { width: i, height: i * 2, unit: 'mm' },
    price: i * 0.25,
    visible: i % 3 === 0,
  });
  const group = (from, count) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`b${i}`, branch(from + i)]));
  const width = Math.min(64, branches);
  return {
    title: 'a Mixed tree',
    schema: () => new Schema({ name: String, settings: Schema.Types.Mixed }),
    raw: read(() => [
      {
        _id: new Types.ObjectId(),
        name: 'tree',
        settings: Object.fromEntries(
          Array.from({ length: Math.ceil(branches / width) }, (_, g) => [`g${g}`, group(g * width, width)]),
        ),
      },
    ]),
  };
}

/** 1 MB as BSON. */
export const megabyte = { ...tree(5248), title: 'a Mixed tree, 1 MB' };

/** Numbers in one array. */
export function series(length) {
  return {
    title: `an array of ${length.toLocaleString('en-US')} numbers`,
    schema: () => new Schema({ name: String, values: [Number] }),
    raw: read(() => [{ _id: new Types.ObjectId(), name: 'series', values: Array.from({ length }, (_, i) => i) }]),
  };
}

/** One of the country documents of `npm run demo`. */
export const country = {
  title: 'a country document',
  schema: countrySchema,
  raw: read(countryDocuments),
};
