//! Encodings that know nothing of machine learning.
//!
//! - [`flatbuffer`]: tables by the numbers of their fields, read where they are asked for.
//! - [`flexbuffer`]: values without a schema, small ones.
//! - [`base64`]: bytes as text.
//! - [`document`]: JSON as a tree whose objects keep their order.
//! - [`hdf5`]: groups and datasets, and where their bytes are.
//! - [`json`]: objects in their order, and numbers that JSON does not have.
//! - [`manifest`]: the list of what is kept, one after the other, in several files.
//! - [`msgpack`]: MessagePack, item by item.
//! - [`pickle`]: Python pickles, run on symbols.
//! - [`protobuf`]: messages, decoded field by field without reading their payloads.
//! - [`prototext`]: the same messages as text or JSON.
//! - [`python`]: literals of Python.
//! - [`scalar`]: integers and floats of any width.
//! - [`shards`]: the index of what is kept in several files.
//! - [`table`]: sorted tables of keys and values.
//! - [`tar`], [`zip`]: the entries of archives, and where their bytes are.
//! - [`wire`]: messages of protobuf, written.
#![deny(clippy::indexing_slicing)]

pub mod base64;
pub mod document;
pub mod flatbuffer;
pub mod flexbuffer;
pub mod hdf5;
pub mod json;
pub mod manifest;
pub mod msgpack;
pub mod pickle;
pub mod protobuf;
pub mod prototext;
pub mod python;
pub mod scalar;
pub mod shards;
pub mod table;
pub mod tar;
pub mod wire;
pub mod zip;
