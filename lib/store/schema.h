// The tables of the store and the migrations of older stores.
#pragma once

#include <span>
#include <string_view>

namespace turbodiff::store {

/// "TdQ1" as SQLite's application_id: identifies a store.
constexpr int application_id = 0x54645131;

/// migrations()[i] brings a store of version i to version i + 1, in one transaction. A version that has been
/// released never changes; a change is a new entry.
std::span<const std::string_view> migrations();

}  // namespace turbodiff::store
