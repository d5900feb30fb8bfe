#include "platform/rpc/message_check.h"

#include "platform/rpc/status.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

namespace lienthong::rpc {
namespace pb = google::protobuf;

EnumFields::EnumFields(const pb::Descriptor* descriptor) {
  add(descriptor);
  useful_.assign(levels_.size(), false);
  while (mark_useful()) {
  }
}

std::size_t EnumFields::add(const pb::Descriptor* descriptor) {
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    if (levels_[i].descriptor == descriptor) return i;
  }
  const auto index = levels_.size();
  levels_.push_back({descriptor, {}, {}});
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    if (field->enum_type() != nullptr) levels_[index].enums.push_back(field);
    if (field->message_type() != nullptr) {
      const auto child = add(field->message_type());  // may move levels_
      levels_[index].messages.emplace_back(field, child);
    }
  }
  return index;
}

bool EnumFields::mark_useful() {
  bool changed = false;
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    if (useful_[i]) continue;
    bool useful = !levels_[i].enums.empty();
    for (const auto& [field, child] : levels_[i].messages) useful = useful || useful_[child];
    changed = changed || useful;
    useful_[i] = useful;
  }
  return changed;
}

std::vector<FieldViolation> EnumFields::unknown_values(const pb::Message& message) const {
  std::vector<FieldViolation> out;
  // Paths are spelled out only for a message that is refused anyway.
  if (useful_[0] && !all_known(0, message)) collect(0, message, "", out);
  return out;
}

bool EnumFields::all_known(std::size_t index, const pb::Message& message) const {
  const auto& level = levels_[index];
  const auto* reflection = message.GetReflection();
  const auto known = [](const pb::FieldDescriptor* field, int value) {
    return field->enum_type()->FindValueByNumber(value) != nullptr;
  };
  for (const auto* field : level.enums) {
    if (!field->is_repeated()) {
      if (!known(field, reflection->GetEnumValue(message, field))) return false;
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      if (!known(field, reflection->GetRepeatedEnumValue(message, field, i))) return false;
    }
  }
  for (const auto& [field, child] : level.messages) {
    if (!useful_[child]) continue;
    if (!field->is_repeated()) {
      if (reflection->HasField(message, field) && !all_known(child, reflection->GetMessage(message, field))) return false;
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      if (!all_known(child, reflection->GetRepeatedMessage(message, field, i))) return false;
    }
  }
  return true;
}

void EnumFields::collect(std::size_t index, const pb::Message& message, const std::string& path,
                         std::vector<FieldViolation>& out) const {
  const auto& level = levels_[index];
  const auto* reflection = message.GetReflection();
  const auto check = [&](const pb::FieldDescriptor* field, int value, int position) {
    if (field->enum_type()->FindValueByNumber(value) != nullptr || out.size() >= kViolationsMax) return;
    out.push_back({path + field->name() + (position < 0 ? "" : "[" + std::to_string(position) + "]"),
                   "unknown value " + std::to_string(value) + " of " + field->enum_type()->full_name()});
  };
  for (const auto* field : level.enums) {
    if (!field->is_repeated()) {
      check(field, reflection->GetEnumValue(message, field), -1);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i)
      check(field, reflection->GetRepeatedEnumValue(message, field, i), i);
  }
  for (const auto& [field, child] : level.messages) {
    if (!useful_[child]) continue;
    if (!field->is_repeated()) {
      if (reflection->HasField(message, field))
        collect(child, reflection->GetMessage(message, field), path + field->name() + ".", out);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      collect(child, reflection->GetRepeatedMessage(message, field, i),
              path + field->name() + "[" + std::to_string(i) + "].", out);
    }
  }
}

Result<void> read_message(pb::io::ZeroCopyInputStream& input, std::size_t bytes, const EnumFields& enums, pb::Message& out) {
  if (bytes > kRequestBytesMax) {
    return failure({ErrorCode::kInvalidArgument, "REQUEST_TOO_LARGE",
                    "Yêu cầu dài " + std::to_string(bytes) + " byte, tối đa 262144 byte; hãy chia nhỏ yêu cầu.",
                    "The request has " + std::to_string(bytes) + " bytes, at most 262144 are taken; split it."});
  }
  pb::io::CodedInputStream coded(&input);
  // The request itself is level 1, while the parser counts what is inside of it.
  coded.SetRecursionLimit(kNestingMax - 1);
  if (!out.ParseFromCodedStream(&coded) || !coded.ConsumedEntireMessage()) {
    return failure(
        {ErrorCode::kInvalidArgument, "MALFORMED",
         "Không đọc được nội dung yêu cầu (sai định dạng, văn bản không phải UTF-8, hoặc lồng quá 16 mức); "
         "hãy tạo yêu cầu bằng thư viện sinh từ proto/.",
         "The request can't be read (wrong format, text that is not UTF-8, or nested deeper than 16); build it with a "
         "library generated from proto/."});
  }
  if (auto unknown = enums.unknown_values(out); !unknown.empty()) {
    return failure(
        {ErrorCode::kInvalidArgument, "UNKNOWN_ENUM_VALUE",
         "Giá trị liệt kê không có trong hợp đồng ở trường " + unknown.front().field + "; hãy dùng giá trị có trong proto/.",
         "A value of field " + unknown.front().field + " is not in the contract; use one that is in proto/.",
         std::move(unknown)});
  }
  return {};
}

Error invalid_field(std::string field, std::string message_vi, std::string message_en) {
  Error error{ErrorCode::kInvalidArgument, "INVALID_FIELD", field + ": " + message_vi, field + ": " + message_en};
  error.violations.push_back({std::move(field), std::move(message_en)});
  return error;
}

Result<Instant> to_instant(const pb::Timestamp& time, const std::string& field) {
  constexpr std::int64_t kYear10000 = 253402300800;
  if (time.seconds() < 0 || time.seconds() >= kYear10000 || time.nanos() < 0 || time.nanos() > 999'999'999) {
    return failure(invalid_field(field, "thời điểm phải nằm trong khoảng năm 1970 đến 9999.",
                                 "the time must lie in the years 1970 to 9999."));
  }
  return Instant{time.seconds() * 1'000'000 + time.nanos() / 1000};
}

void set_timestamp(Instant instant, pb::Timestamp& out) {
  out.set_seconds(instant.micros / 1'000'000);
  out.set_nanos(static_cast<std::int32_t>(instant.micros % 1'000'000 * 1000));
}

}  // namespace lienthong::rpc
