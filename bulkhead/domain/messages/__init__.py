"""Every message of the exchange, by who says it to whom. Their numbers and layout are in wire/table/.

Commands are imperative, events past. Prices are in ticks and quantities in lots of the instrument, amounts in
the asset's smallest unit, fee rates in 1e-7.
"""
