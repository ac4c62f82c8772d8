// SPDX-License-Identifier: Apache-2.0
#include "api/listen.hpp"

#include <fstream>

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "fixture.hpp"

namespace sonde::api {
namespace {

unsigned mode_of(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
}

TEST(UnixListener, only_its_owner_reaches_the_socket_and_its_new_directory) {
    const temporary_directory directory;
    const mode_t before = ::umask(0);
    const auto listener = unix_listener::open(directory.file("run/s.sock"));
    ::umask(before);
    ASSERT_TRUE(listener) << listener.error().message();
    EXPECT_EQ(mode_of(directory.file("run/s.sock")), 0600U);
    EXPECT_EQ(mode_of(directory.file("run")), 0700U);
}

TEST(UnixListener, replaces_a_socket_that_nobody_serves) {
    const temporary_directory directory;
    const std::string path = directory.file("s.sock");
    {
        const support::unique_fd dead(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un to{};
        to.sun_family = AF_UNIX;
        path.copy(to.sun_path, sizeof to.sun_path - 1);
        ASSERT_EQ(::bind(dead.value(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    }
    ASSERT_TRUE(std::filesystem::exists(path));
    EXPECT_TRUE(unix_listener::open(path));
}

TEST(UnixListener, refuses_to_take_the_socket_of_a_live_instance_and_names_it) {
    const temporary_directory directory;
    const std::string path = directory.file("s.sock");
    const auto first = unix_listener::open(path);
    ASSERT_TRUE(first);
    const auto second = unix_listener::open(path);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message().find("another instance"), std::string::npos) << second.error().message();
    EXPECT_NE(second.error().message().find("pid=" + std::to_string(::getpid())), std::string::npos)
        << second.error().message();
    EXPECT_TRUE(raw_client(path).is_connected()) << "the first one still serves";
}

TEST(UnixListener, leaves_files_alone_that_are_not_sockets) {
    const temporary_directory directory;
    const std::string path = directory.file("s.sock");
    std::ofstream(path) << "precious";
    const auto refused = unix_listener::open(path);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::invalid);
    EXPECT_EQ(std::filesystem::file_size(path), 8U);
}

TEST(UnixListener, removes_its_own_file_and_not_a_successor) {
    const temporary_directory directory;
    const std::string path = directory.file("s.sock");
    {
        ASSERT_TRUE(unix_listener::open(path));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
    {
        auto first = unix_listener::open(path);
        ASSERT_TRUE(first);
        std::filesystem::rename(path, path + ".old");
        std::ofstream(path) << "successor";
    }
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(UnixListener, says_when_the_path_is_too_long_or_the_directory_is_missing) {
    const temporary_directory directory;
    EXPECT_EQ(unix_listener::open(directory.file(std::string(120, 'x'))).error().code, errc::invalid);
    const auto deep = unix_listener::open(directory.file("no/such/s.sock"));
    ASSERT_FALSE(deep);
    EXPECT_NE(deep.error().message().find("directory"), std::string::npos) << deep.error().message();
}

TEST(TcpListener, takes_a_free_port_on_loopback) {
    for (const char* text : {"127.0.0.1:0", "localhost:0"}) {
        const auto listener = listen_tcp(text, false);
        ASSERT_TRUE(listener) << listener.error().message();
        EXPECT_GT(listener->port, 0);
        EXPECT_TRUE(raw_client(listener->port).is_connected());
    }
}

TEST(TcpListener, refuses_other_addresses_unless_they_are_allowed) {
    EXPECT_EQ(listen_tcp("0.0.0.0:0", false).error().code, errc::denied);
    EXPECT_EQ(listen_tcp("[::]:0", false).error().code, errc::denied);
    const auto open = listen_tcp("0.0.0.0:0", true);
    ASSERT_TRUE(open);
    EXPECT_FALSE(open->loopback);
}

TEST(TcpListener, says_what_is_wrong_with_an_address) {
    for (const char* bad : {"", "127.0.0.1", "127.0.0.1:x", ":1"}) {
        EXPECT_EQ(listen_tcp(bad, false).error().code, errc::invalid) << bad;
    }
    const auto first = listen_tcp("127.0.0.1:0", false);
    ASSERT_TRUE(first);
    const auto taken = listen_tcp("127.0.0.1:" + std::to_string(first->port), false);
    ASSERT_FALSE(taken);
    EXPECT_NE(taken.error().message().find("in use"), std::string::npos) << taken.error().message();
}

}  // namespace
}  // namespace sonde::api
