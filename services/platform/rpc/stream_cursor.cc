#include "platform/rpc/stream_cursor.h"

#include "platform/base/encoding.h"

#include <optional>

namespace lienthong::rpc {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kPartitionsMax = 1024;

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>((value & 0x7FU) | 0x80U));
  out.push_back(static_cast<char>(value));
}

std::optional<std::uint64_t> take_varint(std::string_view& in) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(in.front());
    in.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string encode_cursor(const StreamCursor& cursor) {
  std::string out(1, kVersion);
  for (const auto& position : cursor) {
    append_u32_be(out, position.before);
    append_varint(out, static_cast<std::uint64_t>(position.offset));
    append_varint(out, position.block_seq);
    append_varint(out, position.index);
  }
  return out;
}

Result<StreamCursor> decode_cursor(std::string_view bytes) {
  const Error invalid{ErrorCode::kInvalidArgument, "CURSOR_INVALID",
                      "Không đọc được con trỏ; hãy bắt đầu lại không kèm con trỏ.",
                      "The cursor can't be read; start again without one."};
  if (bytes.empty() || bytes.front() != kVersion) return failure(invalid);
  bytes.remove_prefix(1);
  StreamCursor cursor;
  while (!bytes.empty()) {
    if (bytes.size() < 4 || cursor.size() == kPartitionsMax) return failure(invalid);
    const auto mark = read_u32_be(bytes);
    bytes.remove_prefix(4);
    const auto offset = take_varint(bytes);
    const auto block_seq = take_varint(bytes);
    const auto index = take_varint(bytes);
    if (!offset || !block_seq || !index || *offset > INT64_MAX || *index > UINT32_MAX) return failure(invalid);
    cursor.push_back({static_cast<Offset>(*offset), *block_seq, static_cast<std::uint32_t>(*index), mark});
  }
  if (cursor.empty()) return failure(invalid);
  return cursor;
}

}  // namespace lienthong::rpc
