// SPDX-License-Identifier: Apache-2.0
// A unified event loses nothing on its way to JSON and back: in the JSON of protobuf, and in JSON lines read as
// docs/formats/jsonl.md describes them.
#include <limits>

#include <arpa/inet.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <sonde/v1/event.pb.h>

#include "full_message.hpp"
#include "samples.hpp"

namespace sonde::schema::testing {
namespace {

namespace json = boost::json;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

std::string bytes_from(const FieldDescriptor& field, const std::string& text) {
    const bool is_address =
        field.name() == "address" || field.name().ends_with("_address") || field.name().ends_with("_addresses");
    in6_addr address{};
    if (is_address && ::inet_pton(AF_INET, text.c_str(), &address) == 1) {
        return {reinterpret_cast<const char*>(&address), sizeof(in_addr)};
    }
    if (is_address && ::inet_pton(AF_INET6, text.c_str(), &address) == 1) {
        return {reinterpret_cast<const char*>(&address), sizeof address};
    }
    std::string decoded(text.size() / 4 * 3, '\0');
    EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                    reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    decoded.resize(decoded.size() - (text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0));
    return decoded;
}

// "info2" is the shortest name that ends in "_INFO2"; what is no name is a number.
int number_of(const google::protobuf::EnumDescriptor& type, std::string name) {
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const google::protobuf::EnumValueDescriptor* found = nullptr;
    for (int i = 0; i < type.value_count(); ++i) {
        const auto* const each = type.value(i);
        if (each->name().ends_with('_' + name) && (found == nullptr || each->name().size() < found->name().size())) {
            found = each;
        }
    }
    return found != nullptr ? found->number() : std::stoi(name);
}

void read_object(const json::object& from, Message& to);

// One value, or one more of a list.
void read_value(const json::value& from, Message& to, const FieldDescriptor& field) {
    const auto& reflect = *to.GetReflection();
    const bool many = field.is_repeated();
    using reflection = google::protobuf::Reflection;
    const auto assign = [&](auto one, auto add, const auto& value) {
        many ? (reflect.*add)(&to, &field, value) : (reflect.*one)(&to, &field, value);
    };
    switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL: assign(&reflection::SetBool, &reflection::AddBool, from.as_bool()); break;
    case FieldDescriptor::CPPTYPE_INT32:
        assign(&reflection::SetInt32, &reflection::AddInt32, from.to_number<std::int32_t>());
        break;
    case FieldDescriptor::CPPTYPE_INT64:
        assign(&reflection::SetInt64, &reflection::AddInt64, from.to_number<std::int64_t>());
        break;
    case FieldDescriptor::CPPTYPE_UINT32:
        assign(&reflection::SetUInt32, &reflection::AddUInt32, from.to_number<std::uint32_t>());
        break;
    case FieldDescriptor::CPPTYPE_UINT64:
        assign(&reflection::SetUInt64, &reflection::AddUInt64, from.to_number<std::uint64_t>());
        break;
    case FieldDescriptor::CPPTYPE_FLOAT:
        assign(&reflection::SetFloat, &reflection::AddFloat, from.to_number<float>());
        break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
        assign(&reflection::SetDouble, &reflection::AddDouble, from.to_number<double>());
        break;
    case FieldDescriptor::CPPTYPE_ENUM:
        assign(&reflection::SetEnumValue, &reflection::AddEnumValue,
               number_of(*field.enum_type(), std::string(from.as_string())));
        break;
    case FieldDescriptor::CPPTYPE_STRING: {
        const std::string text(from.as_string());
        const std::string value = field.type() == FieldDescriptor::TYPE_BYTES ? bytes_from(field, text) : text;
        many ? reflect.AddString(&to, &field, value) : reflect.SetString(&to, &field, value);
        break;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
        read_object(from.as_object(), many ? *reflect.AddMessage(&to, &field) : *reflect.MutableMessage(&to, &field));
        break;
    }
}

void read_object(const json::object& from, Message& to) {
    for (const auto& [name, value] : from) {
        const auto* const field = to.GetDescriptor()->FindFieldByName(std::string(name));
        ASSERT_NE(field, nullptr) << name;
        if (field->is_map()) {
            for (const auto& [key, one] : value.as_object()) {
                Message& entry = *to.GetReflection()->AddMessage(&to, field);
                read_object({{"key", key}, {"value", one}}, entry);
            }
        } else if (field->is_repeated()) {
            for (const json::value& one : value.as_array()) {
                read_value(one, to, *field);
            }
        } else {
            read_value(value, to, *field);
        }
    }
}

std::string difference(const Message& a, const Message& b) {
    std::string text;
    MessageDifferencer compare;
    compare.ReportDifferencesToString(&text);
    return compare.Compare(a, b) ? "" : text;
}

v1::UnifiedEvent through_lines(const v1::UnifiedEvent& event) {
    v1::EnvelopeBatch batch = exec_batch();
    batch.mutable_envelopes(0)->set_content_type("sonde.v1.UnifiedEvent");
    batch.mutable_envelopes(0)->set_data(event.SerializeAsString());
    v1::UnifiedEvent back;
    read_object(print_one(batch).at("payload").as_object(), back);
    return back;
}

v1::UnifiedEvent through_protobuf_json(const v1::UnifiedEvent& event) {
    std::string text;
    EXPECT_TRUE(google::protobuf::util::MessageToJsonString(event, &text).ok());
    v1::UnifiedEvent back;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(text, &back).ok());
    return back;
}

TEST(Lossless, every_field_of_every_event_comes_back_from_json) {
    const auto bodies = bodies_of<v1::UnifiedEvent>();
    EXPECT_GT(bodies.size(), 20u);
    for (const std::string& body : bodies) {
        v1::UnifiedEvent event;
        filler(body).fill(event);
        ASSERT_FALSE(event.SerializeAsString().empty());
        EXPECT_EQ(difference(event, through_protobuf_json(event)), "") << body;
        EXPECT_EQ(difference(event, through_lines(event)), "") << body;
    }
}

TEST(Lossless, values_at_the_ends_of_their_types_come_back) {
    v1::UnifiedEvent event;
    event.set_severity(static_cast<v1::SeverityNumber>(99));  // a number without a name
    event.mutable_context()->add_missing()->set_reason(static_cast<v1::Context::Missing::Reason>(77));
    event.mutable_generic()->set_full_size(std::numeric_limits<std::uint64_t>::max());
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        bytes += static_cast<char>(i);
    }
    event.mutable_generic()->set_data(bytes);
    event.set_message("quote \" backslash \\ line\nend \x01 \xf0\x9f\x98\x80");
    (*event.mutable_attributes())[""] = "";
    EXPECT_EQ(difference(event, through_protobuf_json(event)), "");
    EXPECT_EQ(difference(event, through_lines(event)), "");

    v1::UnifiedEvent numbers;
    auto& point = *numbers.mutable_metrics()->add_metrics()->add_points();
    point.set_int_value(std::numeric_limits<std::int64_t>::min());
    numbers.mutable_metrics()->add_metrics()->add_points()->set_double_value(0.1 + 0.2);
    numbers.mutable_metrics()->add_metrics()->add_points()->set_double_value(5e-324);
    EXPECT_EQ(difference(numbers, through_protobuf_json(numbers)), "");
    EXPECT_EQ(difference(numbers, through_lines(numbers)), "");
}

}  // namespace
}  // namespace sonde::schema::testing
