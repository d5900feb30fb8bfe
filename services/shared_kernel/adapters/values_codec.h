#pragma once

#include "lienthong/kernel/v1/values.pb.h"
#include "platform/base/instant.h"
#include "platform/base/result.h"
#include "shared_kernel/command.h"
#include "shared_kernel/content.h"

#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Wire form of the values every service shares; used by adapters only. Decoding is where form is checked: what leaves a
/// decoder is valid.
namespace lienthong::shared_kernel::wire {

namespace kernel_v1 = ::lienthong::kernel::v1;

/// Longest code, name of a ground, receipt number.
inline constexpr std::size_t kCodeBytesMax = 64;
inline constexpr std::size_t kReferenceBytesMax = 128;
inline constexpr int kComponentsMax = 50;

void encode(Instant from, google::protobuf::Timestamp& to);
/// Errors: kInvalidArgument outside of years 1970 to 9999.
Result<Instant> decode(const google::protobuf::Timestamp& from);

void encode(const SealedRef& from, kernel_v1::SealedRef& to);
/// Errors: kInvalidArgument without key reference (1..64 bytes) or with a hash that has not 32 bytes.
Result<SealedRef> decode(const kernel_v1::SealedRef& from);

void encode(const Component& from, kernel_v1::Component& to);
/// Errors: kInvalidArgument on a code or reference with other characters or too long, a count outside 1..10,000, a hash that
/// has neither 0 nor 32 bytes.
Result<Component> decode(const kernel_v1::Component& from);

void encode(const LegRef& from, kernel_v1::LegRef& to);
LegRef decode(const kernel_v1::LegRef& from);

template <class Repeated>
std::vector<LegRef> decode_legs(const Repeated& from) {
  std::vector<LegRef> to;
  for (const auto& leg : from) to.push_back(decode(leg));
  return to;
}

template <class Repeated>
void encode_components(const std::vector<Component>& from, Repeated* to) {
  for (const auto& component : from) encode(component, *to->Add());
}
template <class Repeated>
Result<std::vector<Component>> decode_components(const Repeated& from) {
  if (from.size() > kComponentsMax) return malformed("more than 50 components");
  std::vector<Component> to;
  to.reserve(static_cast<std::size_t>(from.size()));
  for (const auto& wire : from) {
    auto component = decode(wire);
    if (!component) return failure(component.error());
    to.push_back(*std::move(component));
  }
  return to;
}

/// Reads a whole message. The message belongs to the calling thread and is valid until that thread parses another of this
/// type: reusing it spares its allocations, which cost more than the reading. Errors: kInvalidArgument.
template <class Message>
Result<const Message*> parse(std::string_view bytes) {
  static thread_local Message message;
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return &message;
  return malformed(message.GetTypeName() + " does not parse");
}

/// An empty message to encode into, belonging to the calling thread until it asks for another of this type.
template <class Message>
Message& scratch() {
  static thread_local Message message;
  message.Clear();
  return message;
}

/// Decodes field after field and remembers the first thing that was wrong, so that a decoder reads like the message it
/// decodes.
class Decoding {
 public:
  template <class T>
  T take(Result<T> value) {
    if (value) return *std::move(value);
    if (!error_) error_ = std::move(value.error());
    return T{};
  }
  /// For a field that may be absent.
  template <class Wire>
  auto take_if(bool present, const Wire& from) -> std::optional<typename decltype(decode(from))::value_type> {
    if (!present) return std::nullopt;
    return take(decode(from));
  }
  template <class T>
  Result<T> finish(T value) {
    if (error_) return failure(*std::move(error_));
    return value;
  }

 private:
  std::optional<Error> error_;
};

/// Letters, digits and `.-_:/`: what can't carry a sentence about a person.
bool is_code(std::string_view text, std::size_t bytes_max = kCodeBytesMax);
/// Errors: kInvalidArgument naming `field` when `text` is no code; an empty one is allowed only if `optional`.
Result<std::string> decode_code(std::string_view text, std::string_view field, bool optional = false);

}  // namespace lienthong::shared_kernel::wire
