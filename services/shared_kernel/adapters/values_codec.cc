#include "shared_kernel/adapters/values_codec.h"

#include <algorithm>

namespace lienthong::shared_kernel::wire {
namespace {

constexpr std::int64_t kSecondsMax = 253'402'300'799;  // 9999-12-31T23:59:59Z, the end of google.protobuf.Timestamp.
constexpr std::uint32_t kCountMax = 10'000;
constexpr std::size_t kKeyRefBytesMax = 64;

}  // namespace

void encode(Instant from, google::protobuf::Timestamp& to) {
  to.set_seconds(from.micros / 1'000'000);
  to.set_nanos(static_cast<std::int32_t>(from.micros % 1'000'000) * 1'000);
}

Result<Instant> decode(const google::protobuf::Timestamp& from) {
  if (from.seconds() < 0 || from.seconds() > kSecondsMax || from.nanos() < 0 || from.nanos() > 999'999'999) {
    return malformed("time outside of 1970 to 9999");
  }
  return Instant{from.seconds() * 1'000'000 + from.nanos() / 1'000};
}

void encode(const SealedRef& from, kernel_v1::SealedRef& to) {
  to.set_key_ref(from.key_ref);
  to.set_sha256(from.sha256.bytes.data(), from.sha256.bytes.size());
}

Result<SealedRef> decode(const kernel_v1::SealedRef& from) {
  if (from.key_ref().empty() || from.key_ref().size() > kKeyRefBytesMax) return malformed("key reference of a sealed part");
  auto sha256 = Hash::from(from.sha256());
  if (!sha256) return failure(sha256.error());
  return SealedRef{from.key_ref(), *sha256};
}

void encode(const Component& from, kernel_v1::Component& to) {
  to.set_code(from.code);
  to.set_count(from.count);
  to.set_sha256(from.sha256);
  to.set_reference(from.reference);
}

Result<Component> decode(const kernel_v1::Component& from) {
  auto code = decode_code(from.code(), "component.code");
  if (!code) return failure(code.error());
  if (from.count() < 1 || from.count() > kCountMax) return malformed("component.count is not in 1..10000");
  if (!from.sha256().empty() && from.sha256().size() != Hash::kSize) return malformed("component.sha256 has not 32 bytes");
  if (!from.reference().empty() && !is_code(from.reference(), kReferenceBytesMax)) return malformed("component.reference");
  return Component{*std::move(code), from.count(), from.sha256(), from.reference()};
}

void encode(const LegRef& from, kernel_v1::LegRef& to) {
  to.set_leg(from.leg);
  to.set_attempt(from.attempt);
}

LegRef decode(const kernel_v1::LegRef& from) { return {from.leg(), from.attempt()}; }

bool is_code(std::string_view text, std::size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
           c == ':' || c == '/';
  });
}

Result<std::string> decode_code(std::string_view text, std::string_view field, bool optional) {
  if ((optional && text.empty()) || is_code(text)) return std::string(text);
  auto error = malformed(std::string(field) + " takes letters, digits and .-_:/, at most 64").value();
  error.violations.push_back({std::string(field), "letters, digits and .-_:/, at most 64"});
  return failure(std::move(error));
}

}  // namespace lienthong::shared_kernel::wire
