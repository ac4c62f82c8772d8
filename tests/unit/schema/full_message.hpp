// SPDX-License-Identifier: Apache-2.0
// Messages with every field set, and each value another one, so that a test can say where a value went.
#pragma once

#include <functional>
#include <string>

#include <google/protobuf/message.h>

namespace sonde::schema::testing {

class filler {
public:
    // Sets every field, but of each oneof only the one that `choose` names, or its first.
    explicit filler(std::string choose = {}) : choose_(std::move(choose)) {}

    void fill(google::protobuf::Message& message) {
        const auto& type = *message.GetDescriptor();
        for (int i = 0; i < type.field_count(); ++i) {
            const auto& field = *type.field(i);
            const auto* choice = field.real_containing_oneof();
            const auto* chosen = choice == nullptr ? &field : choice->containing_type()->FindFieldByName(choose_);
            if (choice != nullptr && (chosen == nullptr || chosen->real_containing_oneof() != choice)) {
                chosen = choice->field(0);
            }
            if (chosen == &field) {
                field.is_map() ? set_entry(message, field) : set(message, field);
            }
        }
    }

private:
    using field_type = google::protobuf::FieldDescriptor;

    void set_entry(google::protobuf::Message& message, const field_type& field) {
        fill(*message.GetReflection()->AddMessage(&message, &field));
    }

    void set(google::protobuf::Message& to, const field_type& field) {
        const auto& reflect = *to.GetReflection();
        const bool many = field.is_repeated();
        const std::uint64_t number = 1000 + ++next_;
        const auto assign = [&](auto one, auto add, auto value) {
            many ? (reflect.*add)(&to, &field, value) : (reflect.*one)(&to, &field, value);
        };
        using reflection = google::protobuf::Reflection;
        switch (field.cpp_type()) {
        case field_type::CPPTYPE_BOOL: assign(&reflection::SetBool, &reflection::AddBool, true); break;
        case field_type::CPPTYPE_INT32:
            assign(&reflection::SetInt32, &reflection::AddInt32, static_cast<std::int32_t>(number));
            break;
        case field_type::CPPTYPE_INT64:
            assign(&reflection::SetInt64, &reflection::AddInt64, static_cast<std::int64_t>(number));
            break;
        case field_type::CPPTYPE_UINT32:
            assign(&reflection::SetUInt32, &reflection::AddUInt32, static_cast<std::uint32_t>(number));
            break;
        case field_type::CPPTYPE_UINT64: assign(&reflection::SetUInt64, &reflection::AddUInt64, number); break;
        case field_type::CPPTYPE_FLOAT:
            assign(&reflection::SetFloat, &reflection::AddFloat, static_cast<float>(number) + 0.5f);
            break;
        case field_type::CPPTYPE_DOUBLE:
            assign(&reflection::SetDouble, &reflection::AddDouble, static_cast<double>(number) + 0.5);
            break;
        case field_type::CPPTYPE_ENUM:
            assign(&reflection::SetEnumValue, &reflection::AddEnumValue,
                   field.enum_type()->value(field.enum_type()->value_count() - 1)->number());
            break;
        case field_type::CPPTYPE_STRING: {
            const std::string digits = std::to_string(number);
            // Bytes: as long as an IPv4 address, and not UTF-8.
            const std::string value = field.type() == field_type::TYPE_BYTES
                                          ? std::string("\xff\x80") + digits.substr(digits.size() - 2)
                                          : "text " + digits;
            many ? reflect.AddString(&to, &field, value) : reflect.SetString(&to, &field, value);
            break;
        }
        case field_type::CPPTYPE_MESSAGE:
            fill(many ? *reflect.AddMessage(&to, &field) : *reflect.MutableMessage(&to, &field));
            break;
        }
    }

    std::string choose_;
    std::uint64_t next_ = 0;
};

// Calls `visit(path, message, field)` for each scalar that is set, with the names of the fields on the way to it.
using visit_scalar = std::function<void(const std::string& path, const google::protobuf::Message& in,
                                        const google::protobuf::FieldDescriptor& field)>;
inline void for_each_scalar(const google::protobuf::Message& message, const std::string& path,
                            const visit_scalar& visit) {
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const auto* field : fields) {
        const std::string here = path + field->name();
        if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
            visit(here, message, *field);
        } else if (!field->is_repeated()) {
            for_each_scalar(message.GetReflection()->GetMessage(message, field), here + '.', visit);
        } else {
            for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
                for_each_scalar(message.GetReflection()->GetRepeatedMessage(message, field, i), here + '.', visit);
            }
        }
    }
}

// The names of all bodies that an event may have.
template <class Event>
std::vector<std::string> bodies_of() {
    std::vector<std::string> names;
    const auto* const body = Event::descriptor()->FindOneofByName("body");
    for (int i = 0; i < body->field_count(); ++i) {
        names.push_back(body->field(i)->name());
    }
    return names;
}

}  // namespace sonde::schema::testing
