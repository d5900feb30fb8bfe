#include "lienthong/agency/v1/agency_service.pb.h"
#include "lienthong/intake/v1/intake_service.pb.h"
#include "platform/rpc/message_check.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

namespace lienthong::rpc {
namespace {

template <class Message>
Result<Message> read(const std::string& bytes) {
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()), 1000);
  Message message;
  const EnumFields enums(Message::descriptor());
  if (auto read = read_message(stream, bytes.size(), enums, message); !read) return failure(read.error());
  return message;
}

// Groups within each other in a field that no message knows; the request itself is the first level.
std::string nested(int levels) {
  std::string bytes;
  for (int i = 1; i < levels; ++i) bytes += "\xDB\x3E";  // field 1003, start group
  for (int i = 1; i < levels; ++i) bytes += "\xDC\x3E";  // field 1003, end group
  return bytes;
}

TEST(RpcMessageCheck, ReadsWhatTheContractAllows) {
  intake::v1::HandOverResultRequest request;
  request.set_dossier_id("X_1");
  request.set_channel(intake::v1::CHANNEL_POST);
  const auto back = read<intake::v1::HandOverResultRequest>(request.SerializeAsString());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->dossier_id(), "X_1");
}

TEST(RpcMessageCheck, RefusesWhatDoesNotParse) {
  for (const auto* bytes : {"\x0A\x7F", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", "\x12\x02\xC3\x28"}) {
    const auto result = read<intake::v1::HandOverResultRequest>(bytes);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(result.error().reason, "MALFORMED");
  }
}

TEST(RpcMessageCheck, TakesSixteenLevelsAndRefusesSeventeen) {
  EXPECT_TRUE(read<intake::v1::GetDossierRequest>(nested(16)));
  for (const int levels : {17, 100, 10'000}) {
    const auto result = read<intake::v1::GetDossierRequest>(nested(levels));
    ASSERT_FALSE(result) << levels;
    EXPECT_EQ(result.error().reason, "MALFORMED");
  }
}

TEST(RpcMessageCheck, TakesABodyOf256KiBAndRefusesOneByteMore) {
  intake::v1::WithdrawDossierRequest request;
  request.set_reason(std::string(kRequestBytesMax - 4, 'x'));
  ASSERT_EQ(request.ByteSizeLong(), kRequestBytesMax);
  EXPECT_TRUE(read<intake::v1::WithdrawDossierRequest>(request.SerializeAsString()));
  request.mutable_reason()->push_back('x');
  const auto result = read<intake::v1::WithdrawDossierRequest>(request.SerializeAsString());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "REQUEST_TOO_LARGE");
}

TEST(RpcMessageCheck, NamesTheFieldOfAnUnknownEnumValueWhereverItStands) {
  intake::v1::SubmitDossierRequest request;
  request.mutable_application()->set_channel(static_cast<intake::v1::Channel>(77));
  auto result = read<intake::v1::SubmitDossierRequest>(request.SerializeAsString());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "UNKNOWN_ENUM_VALUE");
  ASSERT_EQ(result.error().violations.size(), 1U);
  EXPECT_EQ(result.error().violations[0].field, "application.channel");

  agency::v1::ListWorkResponse list;
  list.add_items();
  list.add_items()->set_state(static_cast<agency::v1::WorkState>(-3));
  const auto in_list = read<agency::v1::ListWorkResponse>(list.SerializeAsString());
  ASSERT_FALSE(in_list);
  EXPECT_EQ(in_list.error().violations[0].field, "items[1].state");
}

TEST(RpcMessageCheck, RefusesTimesOutsideOfTheCalendar) {
  google::protobuf::Timestamp time;
  time.set_seconds(-1);
  EXPECT_EQ(to_instant(time, "t").error().violations.at(0).field, "t");
  time.set_seconds(253402300800);
  EXPECT_FALSE(to_instant(time, "t"));
  time.set_seconds(253402300799);
  time.set_nanos(999'999'999);
  EXPECT_TRUE(to_instant(time, "t"));
}

}  // namespace
}  // namespace lienthong::rpc
