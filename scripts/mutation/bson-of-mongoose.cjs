'use strict';

/** Mongoose's BSON types and nothing else: a test of one function need not load the whole of it for every mutant. */
const BSON = require('bson');

module.exports = { mongo: { BSON }, Types: { ...BSON, ObjectId: BSON.ObjectId } };
