// SPDX-License-Identifier: Apache-2.0
// Who may read the entities: modes, tokens, certificates, limits.
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "fixture.hpp"

namespace sonde::serve_entities {
namespace {

using ::testing::HasSubstr;

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

class ServingTls : public Serving {
protected:
    // A certificate for localhost, signed by itself; false without openssl(1).
    bool make_certificate() {
        const std::string command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
                                    "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
                                    key() + " -out " + certificate() + " 2>/dev/null";
        return std::system(command.c_str()) == 0;
    }
    [[nodiscard]] std::string key() const { return (directory / "key.pem").string(); }
    [[nodiscard]] std::string certificate() const { return (directory / "certificate.pem").string(); }
    [[nodiscard]] std::string token() const { return (directory / "token").string(); }
    [[nodiscard]] testing::option_texts tcp() const {
        return {
            {"listen", "127.0.0.1:0"}, {"tls_certificate", certificate()}, {"tls_key", key()}, {"token_file", token()}};
    }
    [[nodiscard]] client_options to_tcp() const {
        client_options with = to_socket();
        with.server.target = "127.0.0.1:" + std::to_string(server->port());
        with.server.uses_tls = true;
        with.server.tls.ca_pem = text_of(certificate());
        with.token_file = token();
        return with;
    }
};

TEST_F(Serving, the_socket_is_for_its_owner_alone_and_goes_with_the_server) {
    ASSERT_TRUE(start());
    struct stat found{};
    ASSERT_EQ(::stat(socket().c_str(), &found), 0);
    EXPECT_TRUE(S_ISSOCK(found.st_mode));
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
    // Nothing else is left of how it was made.
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory), std::filesystem::directory_iterator()), 1);
    stop();
    EXPECT_TRUE(std::filesystem::is_empty(directory));
}

TEST_F(Serving, a_dead_socket_is_replaced_and_a_live_one_is_not) {
    ASSERT_TRUE(start());
    {
        encoder other(host.host());
        auto values = testing::config::from(component_table<encoder>::table, {{"socket", socket()}});
        ASSERT_TRUE(other.configure(values->settings()));
        const auto refused = other.start();
        ASSERT_FALSE(refused);
        EXPECT_THAT(refused.error().message(), HasSubstr("another process listens"));
        EXPECT_TRUE(other.stop({}));
    }
    EXPECT_TRUE(std::filesystem::exists(socket()));
    std::filesystem::rename(socket(), directory / "kept");
    stop();
    std::filesystem::rename(directory / "kept", socket());  // as after a crash
    ASSERT_TRUE(start());
    follower client(host, to_socket());
    EXPECT_TRUE(sync(client));
}

TEST_F(Serving, what_is_no_socket_stays) {
    std::ofstream(socket()) << "precious";
    const auto refused = start();
    ASSERT_FALSE(refused);
    EXPECT_EQ(text_of(socket()), "precious");
}

TEST_F(Serving, a_wrong_token_is_refused_and_a_new_one_counts_at_once) {
    const std::string file = (directory / "token").string();
    std::ofstream(file) << "secret\n";
    ASSERT_TRUE(start({{"token_file", file}}));
    follower without(host, to_socket());
    std::ofstream(directory / "wrong") << "secreT\n";
    client_options with = to_socket();
    with.token_file = (directory / "wrong").string();
    follower wrong(host, with);
    ASSERT_TRUE(drive({&without, &wrong},
                      [&] { return !without.client.problem().empty() && !wrong.client.problem().empty(); }));
    EXPECT_THAT(without.client.problem(), HasSubstr("unauthenticated"));
    EXPECT_THAT(wrong.client.problem(), HasSubstr("unauthenticated"));
    EXPECT_GE(host.metrics.value("serve_entities.refused", {{"reason", "unauthenticated"}}), 2);
    std::ofstream(file) << "secreT\n";
    EXPECT_TRUE(sync(wrong));
}

TEST_F(Serving, only_so_many_clients_are_served) {
    ASSERT_TRUE(start({{"client_limit", "1"}}));
    auto first = std::make_unique<follower>(host, to_socket());
    ASSERT_TRUE(sync(*first));
    follower second(host, to_socket());
    ASSERT_TRUE(drive(second, [&] { return !second.client.problem().empty(); }));
    EXPECT_THAT(second.client.problem(), HasSubstr("resource exhausted"));
    first.reset();
    EXPECT_TRUE(sync(second));
}

TEST_F(Serving, calls_that_are_none_of_ours_are_refused) {
    ASSERT_TRUE(start());
    common::grpc::client_settings with;
    with.target = "unix:" + socket();
    auto client = common::grpc::client::make(with);
    ASSERT_TRUE(client);
    struct ending final : common::grpc::receiver {
        std::optional<common::grpc::outcome> how;
        void on_message(std::span<const std::uint8_t>) override {}
        void on_end(const common::grpc::outcome& end) override { how = end; }
    } other, malformed;
    static_cast<void>(client->start({"/sonde.v1.EntityService/Delete", {}, {}, {}, false}, other));
    static_cast<void>(client->start({std::string(schema::stream_method), "\x08\x63", {}, {}, false}, malformed));
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while ((!other.how || !malformed.how) && std::chrono::steady_clock::now() < limit) {
        pollfd ready{client->fd(), POLLIN, 0};
        static_cast<void>(::poll(&ready, 1, 5));
        client->drive();
    }
    ASSERT_TRUE(other.how && malformed.how);
    EXPECT_EQ(other.how->why, common::grpc::code::unimplemented);
    EXPECT_EQ(malformed.how->why, common::grpc::code::invalid_argument);
}

TEST_F(ServingTls, tcp_without_tls_or_token_is_refused) {
    const auto no_tls = start({{"listen", "127.0.0.1:0"}});
    ASSERT_FALSE(no_tls);
    EXPECT_THAT(no_tls.error().message(), HasSubstr("tls_certificate"));
    const auto no_token = start({{"listen", "127.0.0.1:0"}, {"tls_certificate", "a"}, {"tls_key", "b"}});
    ASSERT_FALSE(no_token);
    EXPECT_THAT(no_token.error().message(), HasSubstr("token_file"));
    std::ofstream(token()) << "secret";
    const auto no_file = start(tcp());
    ASSERT_FALSE(no_file);
    EXPECT_EQ(no_file.error().where, "tls_certificate");
}

TEST_F(ServingTls, tcp_with_tls_and_token_is_served_to_those_who_have_both) {
    if (!make_certificate()) {
        GTEST_SKIP() << "openssl(1) is missing";
    }
    std::ofstream(token()) << "secret";
    ASSERT_TRUE(start(tcp()));
    EXPECT_FALSE(std::filesystem::exists(socket()));
    feed({pod("1")});
    follower good(host, to_tcp());
    ASSERT_TRUE(sync(good));
    EXPECT_EQ(good.client.size(), 1u);

    client_options plain = to_tcp();
    plain.server.uses_tls = false;
    follower without_tls(host, plain);
    client_options distrusting = to_tcp();
    distrusting.server.tls.ca_pem.clear();
    follower without_authority(host, distrusting);
    client_options nameless = to_tcp();
    nameless.token_file.clear();
    follower without_token(host, nameless);
    const std::vector all{&without_tls, &without_authority, &without_token};
    ASSERT_TRUE(drive(all, [&] {
        return std::ranges::all_of(all, [](const follower* each) { return !each->client.problem().empty(); });
    }));
    for (const follower* const each : all) {
        EXPECT_FALSE(each->client.is_synced());
    }
    EXPECT_THAT(without_token.client.problem(), HasSubstr("unauthenticated"));
}

}  // namespace
}  // namespace sonde::serve_entities
