import GRDB
import Hummingbird
import Crypto
import ArgumentParser
import ServiceLifecycle
@main struct Main { static func main() {} }
