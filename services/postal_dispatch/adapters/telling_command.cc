#include "postal_dispatch/adapters/telling_command.h"

#include "platform/base/encoding.h"
#include "platform/crypto/sha256.h"
#include "postal_dispatch/adapters/command_codec.h"
#include "postal_dispatch/core/telling.h"

#include <utility>

namespace lienthong::postal_dispatch {
namespace {

/// Names the telling for ever. Version 8: not a time.
RequestId request_of(const ledger::EffectKey& key) {
  std::string numbers;
  append_u32_be(numbers, key.partition.partition);
  append_u64_be(numbers, key.dossier_seq);
  append_u32_be(numbers, key.index);
  const auto hash = crypto::sha256({"tell1", key.partition.ledger, key.dossier.view(), numbers});
  RequestId id = *RequestId::from(hash.view().substr(0, RequestId::kSize));
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x80);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
  return id;
}

CommandBody body_of(Telling telling) {
  return std::visit([](auto&& what) { return CommandBody(std::forward<decltype(what)>(what)); }, std::move(telling.what));
}

}  // namespace

Result<TellingCommand> telling_command(const ledger::EffectKey& key, std::string_view payload) {
  auto telling = decode_telling(payload);
  if (!telling) return failure(telling.error());
  const auto target = telling->target;
  auto encoded = encode_command(body_of(*std::move(telling)), std::nullopt);
  return TellingCommand{target, request_of(key), encoded.type, std::move(encoded.body)};
}

}  // namespace lienthong::postal_dispatch
