#pragma once

#include "platform/base/result.h"
#include "platform/http/http_client.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace lienthong::notification {

/// How the national portal, or the bus in front of it, is reached.
struct PortalSettings {
  std::string url;  ///< https; `/login` and `/` are below it.
  std::string user;
  std::string password;
  std::string unit;  ///< `madonvi`
  std::string authorities;
  /// First local day whose changes are told, `2026-01-01`.
  std::string since;
  http::Limits limits = {};
};

/// Reads them from a YAML file (services/notification/README.md). Errors: kInvalidArgument naming the file and the cure.
Result<PortalSettings> read_portal_settings(const std::string& file);

/// What a call came to.
struct PortalAnswer {
  enum class Kind : std::uint8_t {
    kTaken,    ///< `error_code` "0", "00" or 0.
    kRefused,  ///< Another `error_code`.
    kUnknown,  ///< No answer, or one that says neither: the portal may have taken it.
    kNotSent,  ///< The portal knows nothing of it.
    kStopped,  ///< This process ends.
  };
  Kind kind = Kind::kUnknown;
  std::string reason_code;
  /// JSON text of the answer's `result`, empty without one.
  std::string result;
};

/// What an answer says, whatever types its fields have.
PortalAnswer read_portal_answer(const http::Answer& answer);

/// A session with the portal: logs in when needed, and again when the portal has forgotten it.
/// Thread-safety: any thread; blocks at most twice the limits' timeout, or until `stopping` is true.
class PortalSession {
 public:
  explicit PortalSession(PortalSettings settings) : settings_(std::move(settings)) {}
  /// One call of a service, with `fields` (a JSON object) beside those of the session. `message_id` is the same for every
  /// repetition.
  PortalAnswer call(const std::string& service, const std::string& fields, const std::string& message_id,
                    const std::atomic<bool>& stopping);

 private:
  PortalAnswer log_in(std::string& session, const std::atomic<bool>& stopping);
  PortalAnswer post(const std::string& path, const std::string& body, const std::atomic<bool>& stopping,
                    bool& forgotten) const;

  PortalSettings settings_;
  std::mutex mutex_;
  std::string session_;
};

}  // namespace lienthong::notification
