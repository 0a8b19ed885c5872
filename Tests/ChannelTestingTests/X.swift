import ChannelSDK
