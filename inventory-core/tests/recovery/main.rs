//! What a start does with what it finds: poison, damage, and the remains of an interrupted start.

mod broken;
mod damage;
mod interrupted;
mod lost;
mod pages;
mod past;
mod poison;
mod snapshot;
mod world;
