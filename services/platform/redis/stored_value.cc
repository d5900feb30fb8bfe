#include "platform/redis/stored_value.h"

#include "platform/base/encoding.h"

#include <map>
#include <tuple>

namespace lienthong::redis {
namespace {

constexpr std::size_t kAsofBytes = 8;
constexpr std::size_t kLengthBytes = 4;

void append_text(std::string& out, std::string_view text) {
  append_u16_be(out, static_cast<std::uint16_t>(text.size()));
  out += text;
}

}  // namespace

std::string encode_stored(const ports::ValueChange& change) {
  std::map<std::tuple<std::string_view, std::string_view, std::string_view>, std::int64_t> scores;
  for (const auto& entry : change.entries) scores[{entry.index, entry.key, entry.suffix}] = entry.score;
  std::string entries;
  for (const auto& [name, score] : scores) {
    append_text(entries, std::get<0>(name));
    append_text(entries, std::get<1>(name));
    append_text(entries, std::get<2>(name));
    append_text(entries, std::to_string(score));
  }
  std::string out;
  out.reserve(kAsofBytes + kLengthBytes + entries.size() + change.value.bytes.size());
  append_u64_be(out, change.value.asof);
  append_u32_be(out, static_cast<std::uint32_t>(entries.size()));
  out += entries;
  out += change.value.bytes;
  return out;
}

Result<ports::StoredValue> decode_stored(const DossierId& dossier, std::string_view bytes) {
  if (bytes.size() < kAsofBytes + kLengthBytes) return malformed("stored value too short");
  const auto asof = read_u64_be(bytes);
  bytes.remove_prefix(kAsofBytes);
  const std::size_t entries = read_u32_be(bytes);
  bytes.remove_prefix(kLengthBytes);
  if (entries > bytes.size()) return malformed("index entries longer than the stored value");
  return ports::StoredValue{dossier, asof, std::string(bytes.substr(entries))};
}

}  // namespace lienthong::redis
