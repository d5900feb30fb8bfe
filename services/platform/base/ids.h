#pragma once

#include "platform/base/result.h"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

namespace lienthong {

/// Fixed-length bytes with value semantics; `Tag` keeps different kinds of id apart.
template <std::size_t N, class Tag>
struct FixedBytes {
  static constexpr std::size_t kSize = N;
  std::array<std::uint8_t, N> bytes{};
  auto operator<=>(const FixedBytes&) const = default;

  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), N}; }
  bool is_zero() const { return *this == FixedBytes{}; }
  /// Errors: kInvalidArgument when `raw` has not exactly N bytes.
  static Result<FixedBytes> from(std::string_view raw) {
    if (raw.size() != N) return malformed("expected " + std::to_string(N) + " bytes, found " + std::to_string(raw.size()));
    FixedBytes out;
    std::memcpy(out.bytes.data(), raw.data(), N);
    return out;
  }
};

/// The 16 bytes of a dossier id as leaves and projection keys carry it (architecture.md 1).
using DossierId = FixedBytes<16, struct DossierIdTag>;
/// SHA-256 value.
using Hash = FixedBytes<32, struct HashTag>;
/// Identity of one ledger (one topic partition), random, drawn at genesis.
using LedgerId = FixedBytes<16, struct LedgerIdTag>;
/// Ids made by decisions: derived, hence the same at every replay.
using DerivedId = FixedBytes<16, struct DerivedIdTag>;
/// A client's request id (UUID).
using RequestId = FixedBytes<16, struct RequestIdTag>;
/// Randomness recorded with a decision.
using Salt = FixedBytes<16, struct SaltTag>;
/// HMAC of a request, cut to 8 bytes.
using Digest = FixedBytes<8, struct DigestTag>;

}  // namespace lienthong

template <std::size_t N, class Tag>
struct std::hash<lienthong::FixedBytes<N, Tag>> {
  std::size_t operator()(const lienthong::FixedBytes<N, Tag>& id) const noexcept {
    static_assert(N >= sizeof(std::size_t));
    std::size_t h = 0;
    std::memcpy(&h, id.bytes.data(), sizeof h);  // ids and hashes are uniformly distributed already
    return h;
  }
};
