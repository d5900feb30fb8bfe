#pragma once

#include "platform/base/instant.h"
#include "platform/base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class Message;
class Timestamp;
namespace io {
class ZeroCopyInputStream;
}
}  // namespace google::protobuf

namespace lienthong::rpc {

/// Units: bytes of a request's body.
inline constexpr std::size_t kRequestBytesMax = 256 * 1024;
/// Messages and groups within each other, the request itself being level 1.
inline constexpr int kNestingMax = 16;

/// Where a message type (and what it contains) has enum fields: found once, so that requests without any cost nothing.
/// Thread-safety: immutable.
class EnumFields {
 public:
  explicit EnumFields(const google::protobuf::Descriptor* descriptor);
  /// One violation per value that is not in the contract, at most kViolationsMax.
  std::vector<FieldViolation> unknown_values(const google::protobuf::Message& message) const;

 private:
  struct Level {
    const google::protobuf::Descriptor* descriptor = nullptr;
    std::vector<const google::protobuf::FieldDescriptor*> enums;
    std::vector<std::pair<const google::protobuf::FieldDescriptor*, std::size_t>> messages;  ///< Index into levels_.
  };
  std::size_t add(const google::protobuf::Descriptor* descriptor);
  bool mark_useful();
  bool all_known(std::size_t level, const google::protobuf::Message& message) const;
  void collect(std::size_t level, const google::protobuf::Message& message, const std::string& path,
               std::vector<FieldViolation>& out) const;
  std::vector<Level> levels_;
  std::vector<bool> useful_;
};

/// Reads a request strictly. `bytes` is the whole length of `input`.
/// Errors: kInvalidArgument with reason REQUEST_TOO_LARGE, MALFORMED (does not parse, or nests deeper than kNestingMax) or
/// UNKNOWN_ENUM_VALUE (with the fields); a retry never helps.
Result<void> read_message(google::protobuf::io::ZeroCopyInputStream& input, std::size_t bytes, const EnumFields& enums,
                          google::protobuf::Message& out);

/// Error for one field that breaks a rule of form; reason INVALID_FIELD.
Error invalid_field(std::string field, std::string message_vi, std::string message_en);

/// Errors: kInvalidArgument when the time is not between 1970 and 9999 (reason INVALID_FIELD).
Result<Instant> to_instant(const google::protobuf::Timestamp& time, const std::string& field);
void set_timestamp(Instant instant, google::protobuf::Timestamp& out);

}  // namespace lienthong::rpc
