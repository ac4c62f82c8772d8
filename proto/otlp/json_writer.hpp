// SPDX-License-Identifier: Apache-2.0
// OTLP messages in OTLP's JSON, which is that of protobuf but for three things: trace and span ids are hex, enums are
// numbers, and names are in lowerCamelCase only.
#pragma once

#include <string>

#include "message_walker.hpp"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace sonde::schema::otlp {

class json_writer final {
public:
    // Appends the message as one object without line ends.
    void append(const google::protobuf::Message& message, std::string& out);

private:
    plan_store plans_;
    message_walker walker_;
    std::string encoded_;
};

}  // namespace sonde::schema::otlp
