"""What windows paint: lists, trees and timelines, fed by events, and the port commands leave by."""
